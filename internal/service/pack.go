package service

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"html/template"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	storev1 "github.com/perpetrator-register/register/api/register/store/v1"
	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/call"
	"github.com/perpetrator-register/register/internal/view"
)

//go:embed pack.html
var packFile embed.FS

// packPage is the pack's template: one page that needs nothing else and runs nothing.
var packPage = template.Must(template.New("pack.html").Funcs(template.FuncMap{
	"date":   func(t *timestamppb.Timestamp) string { return printed(t, "2 January 2006 15:04") },
	"day":    func(t *timestamppb.Timestamp) string { return printed(t, "2 January 2006") },
	"born":   view.FormatDate,
	"name":   func(n *registerv1.Nominal) string { return view.DisplayName(n.GetNames()) },
	"force":  func(s string) string { return strings.TrimPrefix(s, "forces/") },
	"plain":  plainCode,
	"id":     call.RecordID,
	"joined": plainList,
}).ParseFS(packFile, "pack.html"))

// printed is a time as it is printed, in universal time; "not recorded" without one.
func printed(t *timestamppb.Timestamp, layout string) string {
	if t == nil {
		return "not recorded"
	}
	return t.AsTime().UTC().Format(layout)
}

// plainCode is a code as people read it: "NO_CONTACT" is "no contact".
func plainCode(code any) string {
	text, ok := code.(string)
	if !ok {
		if named, is := code.(interface{ String() string }); is {
			text = named.String()
		}
	}
	for _, prefix := range []string{"STANDING_", "MEASURE_STATUS_", "RISK_GRADE_", "TIMELINE_KIND_", "SERIAL_TIER_"} {
		text = strings.TrimPrefix(text, prefix)
	}
	return strings.ToLower(strings.ReplaceAll(text, "_", " "))
}

func plainList(codes []string) string {
	out := make([]string, len(codes))
	for i, c := range codes {
		out[i] = plainCode(c)
	}
	return strings.Join(out, ", ")
}

// packData is what the page shows.
type packData struct {
	*registerv1.NominalHistory
	Marking, Force, Recipient, Reference, Officer string
	Made                                          time.Time
	// Own are the own force's courses, Others the counts of the others.
	Own    []*registerv1.CourseOfConduct
	Others []*registerv1.ForcePart
	// Contacts are whom to ask in the other forces.
	Contacts []*registerv1.ForceContact
	// Timeline are the events of the own force's records.
	Timeline []*registerv1.TimelineEvent
	// Measures, Breaches and Assessments are the own force's.
	Measures    []*registerv1.Measure
	Breaches    []*registerv1.Breach
	Assessments []*registerv1.Assessment
}

// MadeAt is when the pack was made.
func (p *packData) MadeAt() string { return p.Made.UTC().Format("2 January 2006 15:04") + " UTC" }

// CreateEvidencePack implements the RPC.
func (s *Histories) CreateEvidencePack(ctx context.Context, req *registerv1.CreateEvidencePackRequest) (*registerv1.EvidencePack, error) {
	c := call.From(ctx)
	history, err := s.of(ctx, c, req.GetName(), asOfNow)
	if err != nil {
		return nil, err
	}
	now := s.Now()
	html, err := packHTML(s.packData(c, history, req, now))
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(html)
	c.Entry.Recipients = append(c.Entry.Recipients, strings.TrimPrefix(req.GetRecipientKind().String(), "PACK_RECIPIENT_"))
	c.SetBody(&storev1.StoredReason{Method: c.Method.Short, Reference: req.GetReference(), Recipient: req.GetRecipient(), Digest: sum[:]})
	return &registerv1.EvidencePack{Html: string(html), CreateTime: timestamppb.New(now), AsOfIndex: history.GetAsOfIndex(), Digest: hex.EncodeToString(sum[:])}, nil
}

func packHTML(p *packData) ([]byte, error) {
	var out bytes.Buffer
	err := packPage.Execute(&out, p)
	return out.Bytes(), err
}

// packData takes out of a history what the own force recorded, and of the others
// whom to ask.
func (s *Histories) packData(c *call.Call, h *registerv1.NominalHistory, req *registerv1.CreateEvidencePackRequest, now time.Time) *packData {
	force := call.ForceCode(req.GetName())
	own := func(name string) bool { return call.ForceCode(name) == force }
	p := &packData{
		NominalHistory: h, Marking: "OFFICIAL-SENSITIVE", Force: s.forceTitle(force), Recipient: req.GetRecipient(), Reference: req.GetReference(),
		Officer: officerOf(c), Made: now,
	}
	// Of what another force recorded, its own statement is the evidence.
	h.Nominals = slices.DeleteFunc(h.GetNominals(), func(n *registerv1.Nominal) bool { return !own(n.GetName()) })
	for _, course := range h.GetCourses() {
		if own(course.GetName()) && course.GetState() == registerv1.RecordState_RECORD_STATE_ACTIVE {
			p.Own = append(p.Own, course)
		}
	}
	for _, part := range h.GetHistory().GetParts() {
		if other := call.ForceCode(part.GetForce()); other != force {
			p.Others = append(p.Others, part)
			p.Contacts = append(p.Contacts, s.contact(other))
		}
	}
	for _, e := range slices.Backward(h.GetHistory().GetTimeline()) {
		if own(e.GetRecord()) && !e.GetDiscounted() {
			p.Timeline = append(p.Timeline, e)
		}
	}
	for _, m := range h.GetHistory().GetMeasures() {
		if own(m.GetName()) && m.GetState() == registerv1.RecordState_RECORD_STATE_ACTIVE {
			p.Measures = append(p.Measures, m)
		}
	}
	for _, b := range h.GetHistory().GetBreaches() {
		if own(b.GetName()) && b.GetState() == registerv1.RecordState_RECORD_STATE_ACTIVE {
			p.Breaches = append(p.Breaches, b)
		}
	}
	for _, a := range h.GetHistory().GetAssessments() {
		if own(a.GetName()) && a.GetState() == registerv1.RecordState_RECORD_STATE_ACTIVE {
			p.Assessments = append(p.Assessments, a)
		}
	}
	return p
}
