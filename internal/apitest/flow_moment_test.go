package apitest

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	pb "github.com/perpetrator-register/register/api/register/v1"
)

// Two forces register courses against the same woman at the same moment: whichever
// comes first, the single points of contact of both are told, once.
func TestSameVictimAtTheSameMoment(t *testing.T) {
	t.Parallel()
	s := flow(t, nil)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	const rounds = 20
	for i := range rounds {
		var wg sync.WaitGroup
		for _, force := range []string{"33", "10"} {
			n := s.sent(nominal(force, fmt.Sprint("m", force, i), fmt.Sprint("M", i), 1)).GetName()
			wg.Go(func() {
				given, surname, birth := invented(fmt.Sprint("woman", i))
				r := course(force, n, fmt.Sprint("MC", i), 1)
				r.Course.Victim = &pb.Victim{Names: []*pb.PersonName{{Given: given, Surname: surname}}, BirthDate: birth}
				if err := s.try("system-"+force, registerCourse, r); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	}
	for _, force := range []string{"33", "10"} {
		pairs := map[string]int{}
		for ctx.Err() == nil {
			clear(pairs)
			all, _ := s.alertsOf("spoc-"+force, force, "")
			for _, a := range all {
				if a.GetKind() == alertVictims {
					pairs[a.GetRelated()]++
				}
			}
			if len(pairs) == rounds {
				break
			}
			time.Sleep(50 * time.Millisecond)
		}
		if len(pairs) != rounds {
			t.Errorf("force %s is told of %d of %d pairs", force, len(pairs), rounds)
		}
		for course, n := range pairs {
			if n != 1 {
				t.Errorf("force %s is told %d times of %s", force, n, course)
			}
		}
	}
}
