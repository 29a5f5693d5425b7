package apitest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	pb "github.com/perpetrator-register/register/api/register/v1"
)

const (
	alertConduct = pb.AlertKind_ALERT_KIND_CONDUCT_REPORTED
	alertSerial  = pb.AlertKind_ALERT_KIND_SERIAL_REACHED
	alertRetract = pb.AlertKind_ALERT_KIND_CONDUCT_RETRACTED
	alertVictims = pb.AlertKind_ALERT_KIND_VICTIM_MATCH
	alertCounter = pb.AlertKind_ALERT_KIND_COUNTER_ALLEGATION
	alertProbe   = pb.AlertKind_ALERT_KIND_VICTIM_PROBE
)

// against makes a course against a victim of that name.
func against(force, nominal, reference, given, surname string) *pb.RegisterCourseRequest {
	r := course(force, nominal, reference, 1)
	r.Course.Victim = &pb.Victim{
		Names: []*pb.PersonName{{Given: given, Surname: surname}}, BirthDate: &pb.PartialDate{Year: 1991, Month: 4, Day: int32(1 + len(given))},
	}
	return r
}

// linked registers one person in two forces and returns both nominals and the
// forces' cursors behind the alerts of that.
func (s *stage) linked() (a, b, at33, at10 string) {
	s.Helper()
	a = s.sent(nominal("33", "p", "A", 1)).GetName()
	b = s.sent(nominal("10", "p", "B", 1)).GetName()
	return a, b, s.wantKinds("33", "", alertLinked), s.wantKinds("10", "", alertLinked)
}

// What a force records of a person, the other forces that hold him are told with
// it; a tier both; and those that were told are told when it falls.
func TestConductIsTold(t *testing.T) {
	t.Parallel()
	s := flow(t, nil)
	a, b, at33, at10 := s.linked()
	first := s.must("system-33", registerCourse, against("33", a, "C1", "Wenna", "Ashdowne")).(*pb.RegisterCourseResponse)
	at33 = s.wantKinds("33", at33)
	all, next := s.alertsOf("spoc-10", "10", at10)
	if len(all) != 1 || all[0].GetKind() != alertConduct || all[0].GetSubject() != first.GetName() || all[0].GetOtherForce() != "forces/33" ||
		len(all[0].GetNominals()) != 1 || all[0].GetNominals()[0] != b || !all[0].GetUnconfirmed() {
		t.Errorf("force 10 is told %v", all)
	}
	// The same again and a mere correction tell nobody.
	again := against("33", a, "C1", "Wenna", "Ashdowne")
	s.must("system-33", registerCourse, again)
	again.Course.Source.Revision, again.Course.Summary = 2, "He followed her home."
	s.must("system-33", registerCourse, again)
	at10 = s.wantKinds("10", next)
	// A further incident does.
	more := proto.Clone(again).(*pb.RegisterCourseRequest)
	more.Course.Source.Revision = 3
	incident := proto.Clone(more.GetCourse().GetIncidents()[0]).(*pb.Incident)
	incident.Reference = "33/0002/26"
	more.Course.Incidents = append(more.Course.Incidents, incident)
	s.must("system-33", registerCourse, more)
	at10 = s.wantKinds("10", at10, alertConduct)

	// Force 10's course against another victim makes him serial: both are told.
	second := s.must("system-10", registerCourse, against("10", b, "C2", "Orla", "Penhaligon")).(*pb.RegisterCourseResponse)
	at33 = s.wantKinds("33", at33, alertConduct, alertSerial)
	at10 = s.wantKinds("10", at10, alertSerial)

	// It is cancelled: force 33, which was told, is told.
	s.must("supervisor-10", cancelCourse, &pb.CancelCourseRequest{Name: second.GetName(), Reason: pb.CancelReason_CANCEL_REASON_ENTERED_IN_ERROR})
	fell, next := s.alertsOf("spoc-33", "33", at33)
	if len(fell) != 1 || fell[0].GetKind() != alertRetract || fell[0].GetSubject() != second.GetName() || fell[0].GetCode() != "CANCELLED" || fell[0].GetOfficersShown() == 0 {
		t.Errorf("force 33 is told %v", fell)
	}
	s.wantKinds("10", at10)
	list := s.must("spoc-33", listRetractions, &pb.ListRetractionsRequest{}).(*pb.ListRetractionsResponse)
	if len(list.GetRetractions()) != 1 || list.GetRetractions()[0].GetCode() != "CONDUCT_CANCELLED" {
		t.Errorf("retractions %v", list)
	}
	if none := s.must("investigator-33", listRetractions, &pb.ListRetractionsRequest{}).(*pb.ListRetractionsResponse); len(none.GetRetractions()) != 0 {
		t.Errorf("retractions of somebody who was shown nothing: %v", none)
	}
	// An acquittal likewise, and an erasure of what has fallen already tells nobody.
	acquitted := proto.Clone(more).(*pb.RegisterCourseRequest)
	acquitted.Course.Source.Revision, acquitted.Course.Standing = 4, pb.Standing_STANDING_ACQUITTED
	s.must("system-33", registerCourse, acquitted)
	at10 = s.wantKinds("10", at10, alertRetract)
	s.must("dpo-33", eraseCourse, &pb.EraseCourseRequest{Name: first.GetName(), Ground: pb.ErasureGround_ERASURE_GROUND_RETENTION, Reference: "DPO/1"})
	s.wantKinds("10", at10)
	s.wantKinds("33", next)
}

// Of a SILENT record nobody is told but its owner's professional standards.
func TestConductOfSilent(t *testing.T) {
	t.Parallel()
	s := flow(t, nil)
	a, b, at33, at10 := s.linked()
	s.restrict(a, pb.Restriction_RESTRICTION_SILENT)
	s.must("psd-33", registerCourse, against("33", a, "C1", "Wenna", "Ashdowne"))
	s.must("system-10", registerCourse, against("10", b, "C2", "Orla", "Penhaligon"))
	s.wantKinds("33", at33)
	s.wantKinds("10", at10)
	all, _ := s.alertsOf("psd-33", "33", "")
	// Over the force's own connection PSD reads what the force does too.
	if len(all) != 2 || all[0].GetKind() != alertLinked || all[1].GetKind() != alertConduct || all[1].GetAudience() != pb.AlertAudience_ALERT_AUDIENCE_PSD {
		t.Errorf("PSD of the silent record's force is told %v", all)
	}
}

// What is loaded as history raises one alert a load and force, not a flood: a stream is
// a load, or all that bears one name, however long it takes; single calls are one a day.
func TestHistoryIsToldOnce(t *testing.T) {
	t.Parallel()
	s, clock := clocked(t)
	a, _, at33, at10 := s.linked()
	const loaded = pb.AlertKind_ALERT_KIND_HISTORY_LOADED
	reference := 0
	load := func(name string) {
		t.Helper()
		var send []proto.Message
		for range 3 {
			reference++
			r := against("33", a, fmt.Sprint("L", reference), "Loveday", "Nancarrow")
			r.HistoricLoad = true
			m := record(int64(reference), r)
			m.Load = name
			send = append(send, m)
		}
		for _, m := range s.sendAll("system-33", send) {
			if e := m.(*pb.RegisterRecordsResponse).GetError(); e != nil {
				t.Errorf("not loaded: %v", e)
			}
		}
	}
	load("")
	at10, at33 = s.wantKinds("10", at10, loaded), s.wantKinds("33", at33, loaded)
	load("")
	at10, at33 = s.wantKinds("10", at10, loaded), s.wantKinds("33", at33, loaded)
	load("niche-2019")
	clock.Advance(25 * time.Hour)
	load("niche-2019")
	at10 = s.wantKinds("10", at10, loaded)
	if all, next := s.alertsOf("spoc-33", "33", at33); len(all) == 0 || all[0].GetKind() != loaded || slices.ContainsFunc(all[1:], func(a *pb.Alert) bool { return !ofDuty(a) }) {
		t.Errorf("the force that loads is told %v", all)
	} else {
		at33 = next
	}
	for _, c := range [][3]string{{"H1", "Wenna", "Ashdowne"}, {"H2", "Orla", "Penhaligon"}, {"H3", "Mabyn", "Trewhella"}} {
		r := against("33", a, c[0], c[1], c[2])
		r.HistoricLoad = true
		s.must("system-33", registerCourse, r)
	}
	at10 = s.wantKinds("10", at10, loaded)
	if all, _ := s.alertsOf("spoc-33", "33", at33); !slices.ContainsFunc(all, func(a *pb.Alert) bool { return a.GetKind() == loaded }) {
		t.Errorf("the force that loads by single calls is told %v", all)
	}
	// What is reported as it happens is told as ever.
	s.must("system-33", registerCourse, against("33", a, "C4", "Senara", "Polglase"))
	s.wantKinds("10", at10, alertConduct)
}

// A measure and its breach are told to the other forces that hold the person.
func TestBreachIsTold(t *testing.T) {
	t.Parallel()
	s := flow(t, nil)
	a, _, _, at10 := s.linked()
	m := s.must("system-33", registerMeasure, measure("33", a, "M1", 1)).(*pb.RegisterMeasureResponse)
	at10 = s.wantKinds("10", at10, pb.AlertKind_ALERT_KIND_MEASURE_CHANGED)
	s.must("system-33", registerBreach, breach("33", a, m.GetName(), "B1", 1))
	all, _ := s.alertsOf("spoc-10", "10", at10)
	if len(all) == 0 || all[0].GetKind() != pb.AlertKind_ALERT_KIND_BREACH_REPORTED || all[0].GetOtherForce() != "forces/33" {
		t.Errorf("force 10 is told %v", all)
	}
}

// Who reviews an accusation both ways reads of it with the person; an officer who
// only reads of him does not, nor does whoever registered it.
func TestCounterIsReviewed(t *testing.T) {
	t.Parallel()
	s := flow(t, nil)
	accusedBothWays(s, "investigator-33")
	prompted := func(who string) (reason string) {
		h := s.must(who, getHistory, &pb.GetHistoryRequest{Name: s.names["she"]}).(*pb.NominalHistory)
		for _, p := range h.GetHistory().GetPrompts() {
			if p.GetCode() == "COUNTER_ALLEGATION" {
				return p.GetReason()
			}
		}
		return ""
	}
	before := prompted("supervisor-33")
	if before == "" || prompted("investigator-33") != "" {
		t.Errorf("prompts: supervisor %q, investigator %q", before, prompted("investigator-33"))
	}
	s.must("supervisor-33", reviewCounter, reviewIt(s))
	if after := prompted("supervisor-33"); after == before {
		t.Errorf("after the review: %q", after)
	}
}
