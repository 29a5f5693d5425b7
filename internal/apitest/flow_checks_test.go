package apitest

import (
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	pb "github.com/perpetrator-register/register/api/register/v1"
)

// However much is read of a nominal after it was searched for, the search is known: to
// the rule that asks for it, and to whoever reads the history, on a replica that has just
// begun too.
func TestManyEntriesHideNoSearch(t *testing.T) {
	t.Parallel()
	s, clock := clocked(t)
	n := s.register("33", "busy", "N-1")
	r := course("33", n, "C-1", 1)
	r.Course.Incidents[0].OccurTime = timestamppb.New(clock.Now().Add(-time.Hour))
	s.must("system-33", registerCourse, r)
	s.search("investigator-33", "busy")
	searched := clock.Now()
	clock.Advance(time.Minute)
	for range 120 {
		s.must("investigator-33", getNominal, &pb.GetNominalRequest{Name: n})
	}
	read := func(w *world) time.Time {
		a := w.call(t.Context(), overToken, "investigator-33", getHistory, &pb.GetHistoryRequest{Name: n})
		if a.err != nil {
			t.Fatal(a.err)
		}
		return a.response().(*pb.NominalHistory).GetHistory().GetLastCheck().GetCheckTime().AsTime()
	}
	clock.Advance(5 * time.Hour)
	// The clock is seen to have gone by the duty of another who was not searched for.
	other := s.register("33", "unsought", "N-2")
	again := course("33", other, "C-2", 1)
	again.Course.Incidents[0].OccurTime = timestamppb.New(clock.Now().Add(-5 * time.Hour))
	s.must("system-33", registerCourse, again)
	s.dutyOf("spoc-33", other, "NO_CHECK")
	for range 2 { // read, and remembered
		if got := read(s.w); !got.Equal(searched) {
			t.Errorf("last searched at %v, want %v", got, searched)
		}
	}
	r.Course.Source.Revision, r.Course.Summary = 2, "He came again."
	s.must("system-33", registerCourse, r) // looks at his duties
	if got := s.dutiesOf("spoc-33", n, "NO_CHECK"); len(got) != 0 {
		t.Errorf("he was searched for, and yet: %v", got)
	}
	config := s.w.site.Config()
	config.Clock = clock.Now
	conn := s.w.site.Start(config).Dial("")
	defer func() { _ = conn.Close() }()
	got, err := pb.NewHistoryServiceClient(conn).GetHistory(s.w.site.As(t.Context(), "investigator-33"), &pb.GetHistoryRequest{Name: n})
	if err != nil || !got.GetHistory().GetLastCheck().GetCheckTime().AsTime().Equal(searched) {
		t.Errorf("on another replica: %v %v", got.GetHistory().GetLastCheck(), err)
	}
}
