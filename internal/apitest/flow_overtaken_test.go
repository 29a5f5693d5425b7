package apitest

import (
	"fmt"
	"testing"
	"time"

	pb "github.com/perpetrator-register/register/api/register/v1"
)

// A replica that has been told of nothing for a while answers from what it knows, and the log
// makes sure: whom another replica has registered just before is found all the same, and the
// log has one entry of the search, which says that he was shown.
func TestSearchOvertaken(t *testing.T) {
	t.Parallel()
	s := flow(t, nil)
	conn := s.w.site.Start(nil).Dial("")
	t.Cleanup(func() { _ = conn.Close() })
	investigator := s.w.site.As(t.Context(), "investigator-33")
	searches := pb.NewSearchServiceClient(conn)
	const rounds = 4
	for i := range rounds {
		person := fmt.Sprint("overtaken ", i)
		time.Sleep(1100 * time.Millisecond) // nothing is written meanwhile
		if before, err := searches.CreateSearch(investigator, search(person)); err != nil || before.GetOutcome() != pb.SearchOutcome_SEARCH_OUTCOME_NO_HIT {
			t.Errorf("before he is registered: %v %v", before.GetOutcome(), err)
		}
		s.sent(nominal("10", person, fmt.Sprint("OV-", i), 1))
		after, err := searches.CreateSearch(investigator, search(person))
		if err != nil || after.GetOutcome() != pb.SearchOutcome_SEARCH_OUTCOME_HIT {
			t.Errorf("just after he is registered: %v %v", after.GetOutcome(), err)
		}
	}
	log := s.must("psd-33", "AccessLogService.ListEntries", entriesOf("forces/33")).(*pb.ListEntriesResponse)
	hits, none := 0, 0
	for _, e := range log.GetEntries() {
		switch {
		case e.GetMethod() != createSearch:
		case e.GetResultCount() > 0:
			hits++
		default:
			none++
		}
	}
	if hits != rounds || none != rounds {
		t.Errorf("the log has %d searches with and %d without anybody, want %d each", hits, none, rounds)
	}
}
