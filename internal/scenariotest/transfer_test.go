package scenariotest

import (
	"slices"

	pb "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/conduct"
	"github.com/perpetrator-register/register/internal/scenario"
)

// transfers offers matters to other forces, and lets these accept them.
func (r *run) transfers(s *scenario.Step, h *conduct.History) {
	client := pb.NewTransferServiceClient(r.people)
	for _, x := range s.Transfers {
		i := slices.IndexFunc(h.Matters, func(m conduct.Matter) bool { return r.courses[m.ID] == x.Course })
		m, to := &h.Matters[i], r.forces[x.To]
		if x.State == "OFFERED" {
			from := r.forces[m.Force]
			offer, err := client.OfferTransfer(r.site.As(r.Context(), "spoc-"+from), &pb.OfferTransferRequest{
				Parent: "forces/" + from, Course: r.names[m.ID], ToForce: "forces/" + to, Reason: "she lives in your area",
			})
			if err != nil {
				r.Fatalf("%s: offer %s: %v", s.At, x.Course, err)
			}
			r.offers[x.Course] = offer
			if !slices.ContainsFunc(r.open()[x.To], func(d *pb.Duty) bool { return d.GetTransfer() != "" }) {
				r.Errorf("%s: force %s has no duty to answer", s.At, x.To)
			}
			continue
		}
		due := r.deadlines()
		who := r.suspect(r.c.Courses[x.Course])
		key := x.To + who.Surname + who.Born
		taken, err := client.AcceptTransfer(r.site.As(r.Context(), "spoc-"+to), &pb.AcceptTransferRequest{
			Name: "forces/" + to + r.offers[x.Course].GetName()[len("forces/33"):], Officer: m.Officer,
			Source: source(m.ID, "C", r.revisions[m.ID]), NominalSource: &pb.SourceKey{System: "crime", Reference: "N-" + key, Revision: 1},
		})
		if err != nil {
			r.Fatalf("%s: accept %s: %v", s.At, x.Course, err)
		}
		course, err := pb.NewConductServiceClient(r.systems[to]).GetCourse(r.Context(), &pb.GetCourseRequest{Name: taken.GetNewCourse()})
		if err != nil {
			r.Fatalf("%s: read %s: %v", s.At, x.Course, err)
		}
		r.names[m.ID], r.nominals[key] = course.GetName(), course.GetNominal()
		if got := r.deadlines(); !slices.Equal(got, due) {
			r.Errorf("%s: the deadlines were %q, are %q", s.At, due, got)
		}
	}
}

// deadlines are the open duties of conduct with their deadlines, of whichever force.
func (r *run) deadlines() []string {
	var out []string
	for _, duties := range r.open() {
		for _, d := range duties {
			if d.GetTransfer() == "" {
				out = append(out, d.GetCode()+" "+d.GetDueTime().AsTime().String())
			}
		}
	}
	slices.Sort(out)
	return out
}
