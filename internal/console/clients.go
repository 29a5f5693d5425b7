package console

import (
	"slices"
	"time"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
)

// soonEnded is how long before its end a reader is warned of an authority.
const soonEnded = 60 * 24 * time.Hour

// What is more than few is folded away.
const fewForces, fewSystems = 4, 8

// clientsView is whom the register lets in.
type clientsView struct {
	Services    []serviceView
	Authorities []authorityView
	Systems     []systemView // the longest silent first
	Called      string       // how many have called, and which has not for longest
	Fold        bool
	Truncated   bool
}

// serviceView is a sign-in service with what it is trusted with.
type serviceView struct {
	Issuer, Audience string
	Forces           string // their names
	Many             string // how many they are; empty for few
	Roles, Strength  string
	Tokens, Console  string
}

// authorityView is an authority of force systems.
type authorityView struct{ Subject, Fingerprint, Until, State, Tag string }

// systemView is a force system that has called.
type systemView struct{ Name, First, Last string }

type clientsPageView struct {
	Frame
	Clients clientsView
	Force   string // empty for all forces
}

// showClients shows whom the register lets in, to those who watch over it.
func (c *Console) showClients(v *visit) error {
	clients, err := c.clients(v)
	if err != nil {
		return err
	}
	view := &clientsPageView{Frame: v.page("Clients"), Clients: clients}
	if v.s.data.Force != "" {
		view.Force = c.words.force(v.s.data.Force)
	}
	switch {
	case v.may("sanction.list"):
		view.Back, view.BackText = "/standards", "Professional standards"
	case v.may("directory.update"):
		view.Back, view.BackText = "/administration", "Administration"
	}
	view.Receipt = v.receipt()
	return v.show("clients", view)
}

// clients asks who may call on behalf of the own force, or of all where there is none.
func (c *Console) clients(v *visit) (clientsView, error) {
	parent := "forces/-"
	if v.s.data.Force != "" {
		parent = v.force()
	}
	got, err := c.directory.ListClients(v.ctx, &registerv1.ListClientsRequest{Parent: parent}, v.noted())
	if err != nil {
		return clientsView{}, err
	}
	out := clientsView{Truncated: got.GetTruncated()}
	for _, k := range got.GetSignInServices() {
		out.Services = append(out.Services, c.serviceView(k))
	}
	for _, k := range got.GetSystemAuthorities() {
		one := authorityView{Subject: k.GetSubject(), Fingerprint: k.GetSha256Fingerprint(), Until: stamp(k.GetExpireTime())}
		switch left := k.GetExpireTime().AsTime().Sub(c.now()); {
		case left <= 0:
			one.State, one.Tag = "Ended", "govuk-tag--red"
		case left < soonEnded:
			one.State, one.Tag = "Ends soon", "govuk-tag--orange"
		}
		out.Authorities = append(out.Authorities, one)
	}
	systems := slices.SortedStableFunc(slices.Values(got.GetSystems()), func(a, b *registerv1.SystemClient) int {
		return a.GetLastCallTime().AsTime().Compare(b.GetLastCallTime().AsTime())
	})
	for _, k := range systems {
		out.Systems = append(out.Systems, systemView{c.words.force(k.GetForce()) + ": " + k.GetSystem(), stamp(k.GetFirstCallTime()), stamp(k.GetLastCallTime())})
	}
	if n := len(systems); n > 0 {
		out.Fold = n > fewSystems
		out.Called = count(n, "system has called; it last did ", "systems have called. The one that has been silent for longest, "+out.Systems[0].Name+", last did ") +
			age(c.now().Sub(systems[0].GetLastCallTime().AsTime())) + "."
	}
	return out, nil
}

func (c *Console) serviceView(k *registerv1.SignInService) serviceView {
	out := serviceView{
		Issuer: k.GetIssuer(), Audience: k.GetAudience(), Console: k.GetConsoleClientId(),
		Tokens: lasting(k.GetMaxTokenLifetime().AsDuration()),
	}
	var forces []string
	for _, f := range k.GetForces() {
		forces = append(forces, c.words.force(f))
	}
	slices.Sort(forces)
	if n := len(forces); n > fewForces {
		out.Many = count(n, "force", "forces")
	}
	if k.GetNational() {
		forces = append(forces, "no force, in national roles")
	}
	out.Forces = sentenceCase(list(forces))
	var roles []string
	for _, r := range k.GetRoles() {
		roles = append(roles, roleTitle(r))
	}
	out.Roles = series(roles, ", ")
	if strengths := k.GetAcceptedAcrs(); len(strengths) > 0 {
		out.Strength = strengths[0]
		if len(strengths) > 1 {
			out.Strength += " or stronger"
		}
	}
	return out
}

// lasting says in words how long something lasts.
func lasting(d time.Duration) string {
	switch {
	case d%time.Hour == 0:
		return count(int(d.Hours()), "hour", "hours")
	case d%time.Minute == 0:
		return count(int(d.Minutes()), "minute", "minutes")
	}
	return count(int(d.Seconds()), "second", "seconds")
}
