package apitest

import (
	"fmt"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	pb "github.com/perpetrator-register/register/api/register/v1"
)

// Many of old, grave conduct who broke a measure years ago do not hide him who is at it now,
// however few are asked for.
func TestWhoIsUrgentRanksBeforeManyOldBreaches(t *testing.T) {
	t.Parallel()
	s := flow(t, nil)
	long := time.Now().AddDate(-3, 0, 0)
	for i := range 6 {
		n := s.register("33", fmt.Sprint("quiet ", i), fmt.Sprint("N-", i))
		s.must("system-33", registerCourse, threatAt("33", n, fmt.Sprint("C-", i), long))
		m := measure("33", n, fmt.Sprint("M-", i), 1)
		m.Measure.FromTime, m.Measure.VerifyTime = timestamppb.New(long), nil
		b := breach("33", n, s.must("system-33", registerMeasure, m).(*pb.RegisterMeasureResponse).GetName(), fmt.Sprint("B-", i), 1)
		b.Breach.OccurTime, b.Breach.ReportTime = timestamppb.New(long), timestamppb.New(long)
		s.must("system-33", registerBreach, b)
	}
	urgent := s.register("33", "urgent", "N-urgent")
	r := threatAt("33", urgent, "C-urgent", time.Now().Add(-time.Hour))
	r.Course.Incidents[0].Behaviours = []string{"ASSAULT"}
	s.must("system-33", registerCourse, r)
	got := s.must("spoc-33", listRanked, &pb.ListRankedRequest{Parent: "forces/33", PageSize: 1}).(*pb.ListRankedResponse).GetPersons()
	if len(got) != 1 || got[0].GetNominal() != urgent {
		t.Errorf("first ranks %v, want %s", got, urgent)
	}
	all := s.must("spoc-33", listRanked, &pb.ListRankedRequest{Parent: "forces/33", PageSize: 50}).(*pb.ListRankedResponse).GetPersons()
	if len(all) != 7 {
		t.Errorf("%d are ranked, want 7", len(all))
	}
}
