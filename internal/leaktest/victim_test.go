package leaktest

import (
	"log/slog"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/servertest"
)

// A victim's details in free text are refused with the field named, over every
// transport and in a stream, and the refusal does not repeat them.
func TestVictimInFreeText(t *testing.T) {
	t.Parallel()
	site := servertest.NewSite(t, slog.New(slog.DiscardHandler))
	replica := site.Start(nil)
	conn := replica.Dial("")
	nominal, err := registerv1.NewNominalServiceClient(conn).RegisterNominal(site.As(t.Context(), "investigator-33"), sampleNominal())
	must(t, err)
	l := &leaks{site: site, methods: methods(t)}
	single, stream := l.method(t, "ConductService.RegisterCourse"), l.method(t, "RegistrationService.RegisterRecords")
	token := site.Token("investigator-33", nil)

	victim := func() *registerv1.Victim {
		return &registerv1.Victim{
			Names:     []*registerv1.PersonName{{Given: "Ottoline", Surname: "Quarlesworth"}, {Full: "Tilly Brackenbury"}},
			BirthDate: &registerv1.PartialDate{Year: 1991, Month: 7, Day: 23},
			Phones:    []string{"07700 900461"}, Emails: []string{"ottoline.q@mail.example"}, Handles: []string{"otto_liney91"},
			Addresses: []*registerv1.Address{{Lines: []string{"14 Larkspur Crescent"}, Postcode: "LE1 6QX"}},
		}
	}
	details := []string{
		"Ottoline Quarlesworth", "QUARLESWORTH", "tilly brackenbury", "+44 7700 900461", "07700900461", "ottoline.q@mail.example",
		"@otto_liney91", "le16qx", "14 Larkspur Crescent", "23/07/1991", "23 July 1991",
	}
	places := map[string]func(c *registerv1.CourseOfConduct, text string){
		"course.summary":                func(c *registerv1.CourseOfConduct, text string) { c.Summary = text },
		"course.incidents[0].narrative": func(c *registerv1.CourseOfConduct, text string) { c.Incidents[0].Narrative = text },
		"course.incidents[0].reference": func(c *registerv1.CourseOfConduct, text string) { c.Incidents[0].Reference = text },
		"course.source.reference":       func(c *registerv1.CourseOfConduct, text string) { c.Source.Reference = text },
	}
	for name, send := range map[string]transport{"gRPC": overGRPC(conn), "REST": overREST(site, replica.REST())} {
		for field, put := range places {
			for _, detail := range details {
				for _, associated := range []bool{false, true} {
					req := sampleCourse(nominal.GetName())
					if associated {
						req.Course.AssociatedVictims = []*registerv1.Victim{victim()}
					} else {
						req.Course.Victim = victim()
					}
					put(req.GetCourse(), "he waited for "+detail+" again")
					a := send(t.Context(), single, token, proto.Clone(req))
					if a.code() != codes.InvalidArgument || !names(status.Convert(a.err), field) {
						t.Errorf("%s: %q in %s (associated %t): %v", name, detail, field, associated, a.err)
					}
					s := send(t.Context(), stream, token, &registerv1.RegisterRecordsRequest{Record: &registerv1.RegisterRecordsRequest_Course{Course: req}})
					r, ok := s.one(t).(*registerv1.RegisterRecordsResponse)
					if !ok || r.GetError().GetReason() != "VICTIM_IN_TEXT" || len(r.GetError().GetViolations()) == 0 || r.GetError().GetViolations()[0].GetField() != field {
						t.Errorf("%s: %q in %s of a stream: %v", name, detail, field, r)
					}
				}
			}
		}
	}
	ok := sampleCourse(nominal.GetName())
	ok.Course.Victim = victim()
	ok.Course.Summary = "he waited for her at her place of work again"
	if a := overGRPC(conn)(t.Context(), single, token, ok); a.err != nil {
		t.Errorf("text without her details: %v", a.err)
	}
}

// names tells whether an error has the reason and names the field.
func names(s *status.Status, field string) bool {
	reason, named := false, false
	for _, d := range s.Details() {
		switch d := d.(type) {
		case *errdetails.ErrorInfo:
			reason = d.GetReason() == "VICTIM_IN_TEXT"
		case *errdetails.BadRequest:
			for _, v := range d.GetFieldViolations() {
				named = named || v.GetField() == field
			}
		}
	}
	return reason && named
}
