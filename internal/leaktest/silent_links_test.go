package leaktest

import (
	"context"
	"regexp"
	"testing"

	"github.com/jackc/pgx/v5"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/accesslog"
	"github.com/perpetrator-register/register/internal/servertest"
)

// own is what no two registers have in common: names of records, times, places
// in the log.
var own = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f-]{27}|seconds: *[0-9]+|nanos: *[0-9]+|log_index: *[0-9]+|next_page_token: *"[^"]*"|[ \n]+`)

func plain(m proto.Message) string { return own.ReplaceAllString(prototext.Format(m), " ") }

// of gives a registration of a force.
func of(force string, req *registerv1.RegisterNominalRequest) *registerv1.RegisterNominalRequest {
	req.Parent = "forces/" + force
	return req
}

// registered registers, and returns what the caller sees, and what the log keeps
// of it: how many records it touched, and how many of them silent.
func (r *register) registered(t *testing.T, token string, req *registerv1.RegisterNominalRequest) (seen string, touched string) {
	t.Helper()
	var header, trailer metadata.MD
	got, err := registerv1.NewNominalServiceClient(r.conn).RegisterNominal(servertest.WithToken(t.Context(), token), req, grpc.Header(&header), grpc.Trailer(&trailer))
	must(t, err)
	receipt, err := accesslog.ParseReceipt(trailer.Get(accesslog.ReceiptKey)[0])
	must(t, err)
	conn, err := pgx.Connect(t.Context(), r.site.DB.SuperURL)
	must(t, err)
	defer func() { must(t, conn.Close(context.Background())) }()
	must(t, conn.QueryRow(t.Context(), `
		SELECT format('%s touched, %s silent, %s versions', count(*), count(*) FILTER (WHERE r.silent), max(e.versions))
		FROM register.entry e JOIN register.entry_record r ON r.idx = e.idx WHERE e.idx = $1`, receipt.Index).Scan(&touched))
	return plain(got), touched
}

// told is all that a force's SPOC can list of links and alerts.
func (r *register) told(t *testing.T, force string) string {
	t.Helper()
	ctx := r.site.As(t.Context(), "spoc-"+force)
	alerts, err := registerv1.NewAlertServiceClient(r.conn).ListAlerts(ctx, &registerv1.ListAlertsRequest{Parent: "forces/" + force})
	must(t, err)
	all := []registerv1.LinkState{1, 2, 3, 4, 5}
	links, err := registerv1.NewLinkServiceClient(r.conn).ListLinks(ctx, &registerv1.ListLinksRequest{Parent: "forces/" + force, States: all, Deferred: true})
	must(t, err)
	retractions, err := registerv1.NewAlertServiceClient(r.conn).ListRetractions(ctx, &registerv1.ListRetractionsRequest{})
	must(t, err)
	return plain(alerts) + plain(links) + plain(retractions)
}

// A SILENT record is linked with nobody: who registers its like, or its very key,
// is answered, alerted and logged as if there were none, in its own force and
// elsewhere.
func TestSilentIsNoLink(t *testing.T) {
	t.Parallel()
	with, without := newRegister(t), newRegister(t)
	registrant := func(r *register) string { return r.site.Token("spoc-33", map[string]any{"sub": "registrant-33"}) }
	elsewhere := func(r *register) string { return r.site.Token("spoc-43", nil) }
	quillon := func(reference string) *registerv1.RegisterNominalRequest {
		return person(reference, "Quillon", "Zandervoort", 1984)
	}
	for _, r := range []*register{with, without} {
		r.add(t, elsewhere(r), of("43", quillon("seen-1")))
	}
	hidden := quillon("hidden-1")
	hidden.Nominal.Restriction = registerv1.Restriction_RESTRICTION_SILENT
	byPSD := with.add(t, with.psdToken(), hidden)
	if len(byPSD.GetLinks()) > 0 {
		t.Errorf("links of a silent record: %v", byPSD)
	}
	later := with.add(t, registrant(with), quillon("hidden-2"))
	if len(later.GetLinks()) != 1 {
		t.Fatalf("links of a record that is not silent yet: %v", later)
	}
	links, alerts := registerv1.NewLinkServiceClient(with.conn), registerv1.NewAlertServiceClient(with.conn)
	page, err := alerts.ListAlerts(with.site.As(t.Context(), "spoc-43"), &registerv1.ListAlertsRequest{Parent: "forces/43"})
	must(t, err)
	if len(page.GetAlerts()) != 1 {
		t.Fatalf("alerts of force 43: %v", page)
	}
	alert := page.GetAlerts()[0].GetName()
	_, err = registerv1.NewNominalServiceClient(with.conn).RestrictNominal(with.site.As(t.Context(), "psd-33"), &registerv1.RestrictNominalRequest{
		Name: later.GetName(), Restriction: registerv1.Restriction_RESTRICTION_SILENT, Explanation: "an inquiry under way",
	})
	must(t, err)

	alike := func(what string) {
		t.Helper()
		for _, force := range []string{"10", "33", "43"} {
			if a, b := with.told(t, force), without.told(t, force); a != b {
				t.Errorf("%s: force %s is told\n%s\nand without silent records\n%s", what, force, a, b)
			}
		}
	}
	alike("before anything else")
	for _, c := range []struct {
		what, account, force string
		request              func() *registerv1.RegisterNominalRequest
		// met says that it meets a silent record under its very key, which is kept
		// for PSD.
		met bool
	}{
		{what: "its like elsewhere", account: "spoc-43", force: "43", request: func() *registerv1.RegisterNominalRequest { return quillon("new-1") }},
		{what: "its like in its own force", account: "investigator-33", request: func() *registerv1.RegisterNominalRequest { return quillon("new-2") }},
		{what: "the key of the one that PSD registered", account: "supervisor-33", request: func() *registerv1.RegisterNominalRequest { return quillon("hidden-1") }},
		{what: "the key of the one silenced later", account: "spoc-33", request: func() *registerv1.RegisterNominalRequest { return quillon("hidden-2") }, met: true},
		{what: "the next revision under it", account: "spoc-33", request: func() *registerv1.RegisterNominalRequest { return revised(quillon("hidden-2")) }, met: true},
		{what: "somebody else", account: "investigator-33", request: func() *registerv1.RegisterNominalRequest { return person("new-3", "Denzil", "Keswamere", 1950) }},
	} {
		send := func(r *register) (seen, touched string) {
			req := c.request()
			if c.force != "" {
				req = of(c.force, req)
			}
			return r.registered(t, r.site.Token(c.account, nil), req)
		}
		seen, touched := send(with)
		other, otherTouched := send(without)
		if seen != other {
			t.Errorf("who registers %s is answered\n%s\nand without silent records\n%s", c.what, seen, other)
		}
		if !c.met && touched != otherTouched {
			t.Errorf("%s: the log keeps %s, and without silent records %s", c.what, touched, otherTouched)
		}
		alike(c.what)
	}
	with.linksTellNothing(t, later, alert)

	// PSD of the force sees them all.
	psd := with.site.As(t.Context(), "psd-33")
	if l, err := links.GetLink(psd, &registerv1.GetLinkRequest{Name: later.GetLinks()[0].GetName()}); err != nil || len(l.GetTerms()) == 0 {
		t.Errorf("the owner's PSD: %v, %v", l, err)
	}
	spot, err := links.ListLinks(psd, &registerv1.ListLinksRequest{Parent: byPSD.GetName()})
	if err != nil || len(spot.GetLinks()) == 0 {
		t.Errorf("whom the silent record resembles: %v, %v", spot, err)
	}
}

// revised is the next revision of a record.
func revised(r *registerv1.RegisterNominalRequest) *registerv1.RegisterNominalRequest {
	r.Nominal.Source.Revision++
	return r
}

// linksTellNothing compares what is answered about a silent record's link with
// what is answered about none.
func (r *register) linksTellNothing(t *testing.T, silent *registerv1.RegisterNominalResponse, alert string) {
	t.Helper()
	const none = "01a1ffb5-2af2-7e6b-85fd-edceae2f04ba"
	links, alerts := registerv1.NewLinkServiceClient(r.conn), registerv1.NewAlertServiceClient(r.conn)
	link := silent.GetLinks()[0].GetName()[len("forces/33/links/"):]
	nominal, raised := silent.GetName()[len("forces/33/nominals/"):], alert[len("forces/43/alerts/"):]
	calls := map[string]func(ctx context.Context, force string, id [3]string) error{
		"GetLink": func(ctx context.Context, force string, id [3]string) error {
			_, err := links.GetLink(ctx, &registerv1.GetLinkRequest{Name: "forces/" + force + "/links/" + id[0]})
			return err
		},
		"ConfirmLink": func(ctx context.Context, force string, id [3]string) error {
			_, err := links.ConfirmLink(ctx, &registerv1.ConfirmLinkRequest{Name: "forces/" + force + "/links/" + id[0], Version: 1, Reason: "seen at both"})
			return err
		},
		"RejectLink": func(ctx context.Context, force string, id [3]string) error {
			_, err := links.RejectLink(ctx, &registerv1.RejectLinkRequest{Name: "forces/" + force + "/links/" + id[0], Version: 9, Reason: "seen at both"})
			return err
		},
		"ListLinks": func(ctx context.Context, force string, id [3]string) error {
			_, err := links.ListLinks(ctx, &registerv1.ListLinksRequest{Parent: "forces/" + force + "/nominals/" + id[1]})
			return err
		},
		"GetPerson": func(ctx context.Context, force string, id [3]string) error {
			_, err := links.GetPerson(ctx, &registerv1.GetPersonRequest{Name: "forces/" + force + "/nominals/" + id[1]})
			return err
		},
		"SplitPerson": func(ctx context.Context, force string, id [3]string) error {
			_, err := links.SplitPerson(ctx, &registerv1.SplitPersonRequest{
				Name: "forces/" + force + "/nominals/" + id[1], Apart: []string{"forces/43/nominals/" + none}, Reason: "seen side by side",
			})
			return err
		},
		"ProposeLink": func(ctx context.Context, force string, id [3]string) error {
			_, err := links.ProposeLink(ctx, &registerv1.ProposeLinkRequest{
				Parent: "forces/" + force, Nominal: "forces/" + force + "/nominals/" + id[1], Other: "forces/" + force + "/nominals/" + none, Reason: "seen at both",
			})
			return err
		},
		"ReviewCounter": func(ctx context.Context, force string, id [3]string) error {
			_, err := alerts.ReviewCounter(ctx, &registerv1.ReviewCounterRequest{Name: "forces/" + force + "/alerts/" + id[2], Reason: "both were heard"})
			return err
		},
		"AcknowledgeAlert": func(ctx context.Context, force string, id [3]string) error {
			_, err := alerts.AcknowledgeAlert(ctx, &registerv1.AcknowledgeAlertRequest{Name: "forces/" + force + "/alerts/" + id[2]})
			return err
		},
	}
	for _, account := range []string{"investigator-33", "spoc-33", "supervisor-33", "dpo-33", "spoc-43", "investigator-43", "psd-43", "spoc-10"} {
		ctx, force := r.site.As(t.Context(), account), account[len(account)-2:]
		for what, do := range calls {
			got, want := do(ctx, force, [3]string{link, nominal, raised}), do(ctx, force, [3]string{none, none, none})
			if got == nil || !proto.Equal(status.Convert(got).Proto(), status.Convert(want).Proto()) {
				t.Errorf("%s by %s: %v of a silent record, %v of none", what, account, got, want)
			}
		}
	}
	// A new call about one link, person or alert belongs in the table.
	for _, m := range r.methods {
		service, method := m.Descriptor.Parent().Name(), string(m.Descriptor.Name())
		about := service == "LinkService" || service == "AlertService" && method != "ListAlerts" && method != "WatchAlerts" && method != "ListRetractions"
		if _, ok := calls[method]; about && !ok {
			t.Errorf("%s is not in the table", m.Short)
		}
	}
}
