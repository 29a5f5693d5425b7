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
// Its words are those of the register's own lists, put in when it is made.
var packPage = template.Must(template.New("pack.html").Funcs(packFuncs(packWords{})).ParseFS(packFile, "pack.html"))

func packFuncs(w packWords) template.FuncMap {
	return template.FuncMap{
		"happened": happenedAt,
		"day":      func(t *timestamppb.Timestamp) string { return printed(t, "2 January 2006") },
		"name":     func(n *registerv1.Nominal) string { return view.DisplayName(n.GetNames()) },
		"id":       call.RecordID,
		"born":     w.born,
		"month":    w.month,
		"force":    w.force,
		"title":    w.title,
		"titles":   w.titles,
		"tool":     w.tool,
		// A text within a sentence ends without its own full stop.
		"stopless": func(s string) string { return strings.TrimSuffix(s, ".") },
	}
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
func (p *packData) MadeAt() string { return clockTime(p.Made) }

// CreateEvidencePack implements the RPC.
func (s *Histories) CreateEvidencePack(ctx context.Context, req *registerv1.CreateEvidencePackRequest) (*registerv1.EvidencePack, error) {
	c := call.From(ctx)
	history, err := s.of(ctx, c, req.GetName(), asOfNow)
	if err != nil {
		return nil, err
	}
	now := s.Now()
	html, err := packHTML(packWords{s.Ref}, s.packData(c, history, req, now))
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(html)
	c.Entry.Recipients = append(c.Entry.Recipients, strings.TrimPrefix(req.GetRecipientKind().String(), "PACK_RECIPIENT_"))
	c.SetBody(&storev1.StoredReason{Method: c.Method.Short, Reference: req.GetReference(), Recipient: req.GetRecipient(), Digest: sum[:]})
	return &registerv1.EvidencePack{Html: string(html), CreateTime: timestamppb.New(now), AsOfIndex: history.GetAsOfIndex(), Digest: hex.EncodeToString(sum[:])}, nil
}

func packHTML(w packWords, p *packData) ([]byte, error) {
	page, err := packPage.Clone()
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = page.Funcs(packFuncs(w)).Execute(&out, p)
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
