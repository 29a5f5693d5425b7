package view

import (
	"fmt"
	"strings"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	storev1 "github.com/perpetrator-register/register/api/register/store/v1"
	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/conduct"
	"github.com/perpetrator-register/register/internal/conduct/victim"
	"github.com/perpetrator-register/register/internal/identity"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/seal"
)

// decoded is one version as the view keeps it. A record that is erased or
// withdrawn has none of nominal, course, part and contact.
type decoded struct {
	id       identity.ID
	index    int64 // of the version in the log
	kind     postgres.Kind
	force    string
	nominal  *Nominal
	veil     *Veil
	identity identity.Record
	course   *conduct.Course
	fell     int64     // log index at which the course fell, if it has
	to       uuid.UUID // what the record is since another force has taken it over
	contact  *registerv1.ForceContact
	link     *Link
	alert    *Alert
	part     *Part
	duty     *Duty
	paper    *Paper
	judged   *Judged
}

type decoder struct {
	keys  *seal.KeyRing
	rules *conduct.Rules
}

func (d decoder) decode(r *postgres.FeedRow) (decoded, error) {
	out := decoded{id: identity.ID(r.Record.ID), index: r.Version.LogIndex, kind: r.Record.Kind, force: r.Record.Force}
	if r.Version.Erased || r.Wrapped == nil {
		return out, nil
	}
	var err error
	switch r.Record.Kind { //nolint:exhaustive // the others are read where they are used
	case postgres.KindNominal:
		err = d.nominal(r, &out)
	case postgres.KindCourse:
		err = d.course(r, &out)
	case postgres.KindForce:
		var stored storev1.StoredForce
		_, err = OpenVersion(d.keys, r.Record, r.Version, r.Wrapped, &stored)
		out.contact = stored.GetContact()
	case postgres.KindLink:
		out.link, err = d.link(r)
	case postgres.KindSubscription, postgres.KindQuestion, postgres.KindTransfer:
		out.paper, err = d.paper(r)
	case postgres.KindAlert:
		out.alert, err = d.alert(r)
	case postgres.KindMeasure, postgres.KindBreach, postgres.KindAssessment, postgres.KindPlan:
		out.part, err = d.part(r)
		if out.part != nil {
			out.to = uuid.UUID(out.part.To)
		}
	case postgres.KindDuty:
		out.duty, err = d.duty(r)
	case postgres.KindJudgement:
		out.judged, err = d.judged(r)
	}
	return out, err
}

// Identity reads what a version of a nominal is weighed by; weighable is false
// for one that takes part in no link: withdrawn, erased or SILENT.
func (v *View) Identity(r postgres.FeedRow) (id identity.ID, record identity.Record, weighable bool, err error) {
	d, err := v.decoder.decode(&r)
	return d.id, d.identity, d.nominal != nil && !d.nominal.Silent(), err
}

// OpenVersion opens the sealed content of a version into m and returns the
// record's data key.
func OpenVersion(keys *seal.KeyRing, r postgres.Record, v postgres.Version, wrapped []byte, m proto.Message) (seal.DataKey, error) {
	key, err := keys.Unwrap(wrapped, r.ID[:])
	if err != nil {
		return key, fmt.Errorf("view: record %s version %d: %w", r.ID, v.N, err)
	}
	plain, err := key.Open(v.Sealed, seal.RecordAD(r.ID, string(r.Kind)))
	if err != nil {
		return key, fmt.Errorf("view: record %s version %d: %w", r.ID, v.N, err)
	}
	if err := proto.Unmarshal(plain, m); err != nil {
		return key, fmt.Errorf("view: record %s version %d: content malformed", r.ID, v.N)
	}
	return key, nil
}

func (d decoder) nominal(r *postgres.FeedRow, out *decoded) error {
	var stored storev1.StoredNominal
	key, err := OpenVersion(d.keys, r.Record, r.Version, r.Wrapped, &stored)
	if err != nil {
		return err
	}
	n := stored.GetNominal()
	if n.GetRestriction() == registerv1.Restriction_RESTRICTION_SILENT {
		out.veil = &Veil{Force: r.Record.Force, Registrant: stored.GetRegistrant()}
	}
	if n.GetState() == registerv1.RecordState_RECORD_STATE_CANCELLED {
		return nil
	}
	out.identity = Record(n)
	out.nominal = &Nominal{
		ID: out.id, Force: r.Record.Force, Version: int64(r.Version.N), Restriction: n.GetRestriction(),
		Warnings: n.GetWarnings(), Name: DisplayName(n.GetNames()), Key: key,
	}
	if len(n.GetBirthDates()) > 0 {
		out.nominal.Birth = n.GetBirthDates()[0]
	}
	return nil
}

// DisplayName is the name to show: the first primary name, else the first.
func DisplayName(names []*registerv1.PersonName) string {
	if len(names) == 0 {
		return ""
	}
	shown := names[0]
	for _, n := range names {
		if k := n.GetKind(); k == registerv1.NameKind_NAME_KIND_PRIMARY || k == registerv1.NameKind_NAME_KIND_UNSPECIFIED {
			shown = n
			break
		}
	}
	if shown.GetFull() != "" {
		return shown.GetFull()
	}
	return strings.TrimSpace(shown.GetGiven() + " " + shown.GetSurname())
}

func (d decoder) tokens(v *storev1.VictimTokens) ([]victim.Token, error) {
	out := make([]victim.Token, 0, len(v.GetTokens()))
	for _, t := range v.GetTokens() {
		token := victim.Token{Kind: victim.Kind(t.GetKind()), Layer: uint16(t.GetLayer())} //nolint:gosec // written from these types
		copy(token.Sum[:], t.GetSum())
		out = append(out, token)
	}
	return d.lift(victim.ForCompare(out))
}

// lift brings tokens to the current layer of keys.
func (d decoder) lift(tokens []victim.Token) ([]victim.Token, error) {
	out := make([]victim.Token, 0, len(tokens))
	for _, t := range tokens {
		lifted, err := d.keys.Lift(t)
		if err != nil {
			return nil, fmt.Errorf("view: victim token: %w", err)
		}
		out = append(out, lifted)
	}
	return out, nil
}
