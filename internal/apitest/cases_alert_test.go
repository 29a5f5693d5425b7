package apitest

import (
	"slices"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	pb "github.com/perpetrator-register/register/api/register/v1"
)

const (
	listAlerts       = "AlertService.ListAlerts"
	reviewCounter    = "AlertService.ReviewCounter"
	watchAlerts      = "AlertService.WatchAlerts"
	acknowledgeAlert = "AlertService.AcknowledgeAlert"
	listRetractions  = "AlertService.ListRetractions"
)

// alertsOf reads all alerts of a force but those of its duties, from a cursor on.
func (s *stage) alertsOf(who, force, token string) (all []*pb.Alert, next string) {
	s.Helper()
	req := &pb.ListAlertsRequest{Parent: "forces/" + force, PageSize: 500, PageToken: token}
	for range 50 {
		page := s.must(who, listAlerts, req).(*pb.ListAlertsResponse)
		all = append(all, slices.DeleteFunc(page.GetAlerts(), ofDuty)...)
		if req.PageToken = page.GetNextPageToken(); !page.GetMore() {
			break
		}
	}
	return all, req.GetPageToken()
}

func ofDuty(a *pb.Alert) bool {
	return a.GetKind() == alertDutyOpened || a.GetKind() == alertDutyClimbed || a.GetKind() == alertDutyFell
}

// alertOf is the newest alert of a link.
func (s *stage) alertOf(who, force, link string) *pb.Alert {
	s.Helper()
	var out *pb.Alert
	all, _ := s.alertsOf(who, force, "")
	for _, a := range all {
		if a.GetLink() == link {
			out = a
		}
	}
	return out
}

// alerted keeps the alert of a link of two forces.
func alerted(s *stage) {
	s.Helper()
	twoForces(s)
	a := s.alertOf("spoc-33", "33", s.names["link"])
	if a == nil {
		s.Fatal("no alert of the link")
	}
	s.names["alert"] = a.GetName()
}

func acknowledgeIt(s *stage) proto.Message {
	return &pb.AcknowledgeAlertRequest{Name: s.names["alert"]}
}

func alertCases() []apiCase {
	// fromHere leaves out what the force was told before.
	fromHere := func(s *stage) {
		_, s.names["here"] = s.alertsOf("spoc-33", "33", "")
		twoForces(s)
	}
	sinceHere := func(s *stage) proto.Message {
		return &pb.ListAlertsRequest{Parent: "forces/33", PageSize: 500, PageToken: s.names["here"]}
	}
	ofForce := func(force string) func(*stage) proto.Message {
		return func(*stage) proto.Message { return &pb.ListAlertsRequest{Parent: "forces/" + force, PageSize: 500} }
	}
	acknowledged := func(s *stage, m proto.Message) {
		s.Helper()
		a := m.(*pb.Alert)
		now := s.alertOf("spoc-33", "33", s.names["link"])
		if a.GetAcknowledgeTime() == nil || a.GetName() != s.names["alert"] || !proto.Equal(a, now) {
			s.Errorf("answered %v, listed as %v", a, now)
		}
	}
	return []apiCase{
		{name: "alerts of a force", method: listAlerts, who: "spoc-33", prepare: fromHere, request: sinceHere, live: true, check: wantAlerts},
		{name: "alerts for the force's system", method: listAlerts, who: "system-33", prepare: fromHere, request: sinceHere, live: true, check: wantAlerts},
		{name: "alerts for an investigator", method: listAlerts, who: "investigator-33", request: ofForce("33"), code: codes.PermissionDenied, reason: "NOT_ALLOWED"},
		{name: "alerts for PSD: those addressed to it alone", method: listAlerts, who: "psd-33", prepare: twoForces, request: ofForce("33"), live: true, check: wantConfidential, except: []transport{overMTLS}},
		{name: "alerts for the data protection officer", method: listAlerts, who: "dpo-33", request: ofForce("33"), code: codes.PermissionDenied, reason: "NOT_ALLOWED"},
		{name: "another force's alerts", method: listAlerts, who: "supervisor-33", request: ofForce("10"), code: codes.PermissionDenied, reason: "OTHER_FORCE"},
		{name: "alerts by a forged token", method: listAlerts, who: "supervisor-33", code: codes.InvalidArgument, reason: "INVALID_FIELDS", fields: []string{"page_token"},
			request: func(*stage) proto.Message {
				return &pb.ListAlertsRequest{Parent: "forces/33", PageToken: "AAAAAAAAAAAAAAAA.1:00"}
			}},
		{name: "too many alerts", method: listAlerts, who: "supervisor-33", code: codes.InvalidArgument, reason: "INVALID_FIELDS", fields: []string{"page_size"},
			request: func(*stage) proto.Message { return &pb.ListAlertsRequest{Parent: "forces/33", PageSize: 501} }},

		{name: "a stream of alerts", method: watchAlerts, who: "spoc-33", prepare: twoForces, request: watchOf("33"), live: true, check: wantWatched},
		{name: "a stream of alerts for the force's system", method: watchAlerts, who: "system-33", prepare: twoForces, request: watchOf("33"), live: true, check: wantWatched},
		{name: "a stream of alerts for an investigator", method: watchAlerts, who: "investigator-33", request: watchOf("33"), code: codes.PermissionDenied, reason: "NOT_ALLOWED"},
		{name: "a stream of another force's alerts", method: watchAlerts, who: "spoc-33", request: watchOf("10"), code: codes.PermissionDenied, reason: "OTHER_FORCE"},
		{name: "a stream by a forged token", method: watchAlerts, who: "spoc-33", code: codes.InvalidArgument, reason: "INVALID_FIELDS", fields: []string{"page_token"},
			request: func(*stage) proto.Message {
				return &pb.WatchAlertsRequest{Parent: "forces/33", PageToken: "AAAAAAAAAAAAAAAA.1:00", Once: true}
			}},

		{name: "acknowledge an alert", method: acknowledgeAlert, who: "spoc-33", writes: true, live: true, prepare: alerted, request: acknowledgeIt, check: acknowledged},
		{name: "acknowledge an alert again", method: acknowledgeAlert, who: "supervisor-33", live: true, request: acknowledgeIt, check: acknowledged,
			prepare: then(alerted, func(s *stage) { s.must("spoc-33", acknowledgeAlert, acknowledgeIt(s)) })},
		{name: "acknowledge by a system", method: acknowledgeAlert, who: "system-33", prepare: alerted, request: acknowledgeIt, code: codes.PermissionDenied, reason: "NOT_ALLOWED"},
		{name: "acknowledge another force's alert", method: acknowledgeAlert, who: "spoc-10", prepare: alerted, request: acknowledgeIt, code: codes.PermissionDenied, reason: "OTHER_FORCE"},
		{name: "acknowledge the alert of a link with a silent record", method: acknowledgeAlert, who: "spoc-33", request: acknowledgeIt, code: codes.NotFound, reason: "NOT_FOUND",
			prepare: then(alerted, func(s *stage) { s.restrict(s.names["nominal"], pb.Restriction_RESTRICTION_SILENT) })},
		{name: "acknowledge what does not exist", method: acknowledgeAlert, who: "spoc-33", code: codes.NotFound, reason: "NOT_FOUND",
			request: func(*stage) proto.Message { return &pb.AcknowledgeAlertRequest{Name: unknownRecord("33", "alerts")} }},
		{name: "acknowledge a name that is none", method: acknowledgeAlert, who: "spoc-33", code: codes.InvalidArgument, reason: "INVALID_FIELDS", fields: []string{"name"},
			request: func(*stage) proto.Message { return &pb.AcknowledgeAlertRequest{Name: "forces/33/alerts/all"} }},

		{name: "review a counter-allegation", method: reviewCounter, who: "supervisor-33", writes: true, prepare: countered, request: reviewIt},
		{name: "review it as its registrant", method: reviewCounter, who: "spoc-33", prepare: counteredBySPOC, request: reviewIt, code: codes.NotFound, reason: "NOT_FOUND"},
		{name: "review the earlier of two accusations", method: reviewCounter, who: "spoc-10", prepare: countered, request: reviewTheirs, code: codes.FailedPrecondition, reason: "OTHER_FORCE"},
		{name: "review as an investigator", method: reviewCounter, who: "investigator-33", prepare: countered, request: reviewIt, code: codes.PermissionDenied, reason: "NOT_ALLOWED"},
		{name: "review another force's", method: reviewCounter, who: "spoc-43", prepare: countered, request: reviewIt, code: codes.PermissionDenied, reason: "OTHER_FORCE"},
		{name: "review an alert of a link", method: reviewCounter, who: "spoc-33", prepare: alerted, request: reviewIt, code: codes.NotFound, reason: "NOT_FOUND"},
		{name: "review without a reason", method: reviewCounter, who: "spoc-33", prepare: countered, code: codes.InvalidArgument, reason: "INVALID_FIELDS", fields: []string{"reason"},
			request: func(s *stage) proto.Message { return &pb.ReviewCounterRequest{Name: s.names["alert"]} }},

		{name: "one's retractions", method: listRetractions, who: "control_room-43", request: func(*stage) proto.Message { return &pb.ListRetractionsRequest{} }, live: true},
		{name: "retractions for somebody without a role", method: listRetractions, who: "nobody-33", request: func(*stage) proto.Message { return &pb.ListRetractionsRequest{} }, code: codes.PermissionDenied, reason: "NOT_ALLOWED"},
		{name: "retractions since before the register", method: listRetractions, who: "spoc-43",
			request: func(*stage) proto.Message {
				return &pb.ListRetractionsRequest{Since: &timestamppb.Timestamp{Seconds: 1}}
			},
			code: codes.InvalidArgument, reason: "INVALID_FIELDS", fields: []string{"since"}},
	}
}

func watchOf(force string) func(*stage) proto.Message {
	return func(*stage) proto.Message {
		return &pb.WatchAlertsRequest{Parent: "forces/" + force, Once: true}
	}
}

// wantWatched checks the first message of a stream.
func wantWatched(s *stage, m proto.Message) {
	s.Helper()
	if first := m.(*pb.WatchAlertsResponse); first.GetAlert().GetName() == "" || first.GetPageToken() == "" {
		s.Errorf("the first message is %v", first)
	}
}

func reviewIt(s *stage) proto.Message {
	return &pb.ReviewCounterRequest{Name: s.names["alert"], Upheld: true, Reason: "both were heard in person"}
}

func reviewTheirs(s *stage) proto.Message {
	return &pb.ReviewCounterRequest{Name: s.names["theirs"], Reason: "both were heard in person"}
}

func countered(s *stage)       { s.Helper(); accusedBothWays(s, "system-33") }
func counteredBySPOC(s *stage) { s.Helper(); accusedBothWays(s, "spoc-33") }

// accusedBothWays has two people accuse each other: first in force 10, then in
// force 33. Both forces' alerts are kept.
func accusedBothWays(s *stage, who string) {
	s.Helper()
	accuse := func(who, force, suspect, victim string, days int) string {
		n := s.must(who, registerNominal, nominal(force, s.tag+suspect, "K-"+s.tag+suspect, 1)).(*pb.RegisterNominalResponse)
		r := course(force, n.GetName(), "KC-"+s.tag+suspect, 1)
		s.names[suspect] = n.GetName()
		given, surname, birth := invented(s.tag + victim)
		r.Course.Victim = &pb.Victim{Names: []*pb.PersonName{{Given: given, Surname: surname}}, BirthDate: birth}
		r.Course.Incidents[0].OccurTime = timestamppb.New(firstIncident.AddDate(0, 0, days))
		return s.must(who, registerCourse, r).(*pb.RegisterCourseResponse).GetName()
	}
	first := accuse("system-10", "10", "he", "she", 0)
	second := accuse(who, "33", "she", "he", 3)
	find := func(who, force, subject string) string {
		all, _ := s.alertsOf(who, force, "")
		for _, a := range all {
			if a.GetKind() == pb.AlertKind_ALERT_KIND_COUNTER_ALLEGATION && a.GetSubject() == subject {
				return a.GetName()
			}
		}
		s.Fatalf("%s is not alerted to the counter-allegation", who)
		return ""
	}
	s.names["alert"], s.names["theirs"] = find("supervisor-33", "33", first), find("spoc-10", "10", second)
}

// wantConfidential checks that professional standards reads nothing else.
func wantConfidential(s *stage, m proto.Message) {
	s.Helper()
	for _, a := range m.(*pb.ListAlertsResponse).GetAlerts() {
		if a.GetAudience() != pb.AlertAudience_ALERT_AUDIENCE_PSD {
			s.Errorf("PSD reads %v", a)
		}
	}
}

// wantAlerts looks for the alert of the prepared link.
func wantAlerts(s *stage, m proto.Message) {
	s.Helper()
	page := m.(*pb.ListAlertsResponse)
	if page.GetNextPageToken() == "" {
		s.Error("no token to go on with")
	}
	a := s.alertOf("spoc-33", "33", s.names["link"]) // it may stand on a later page
	if a == nil {
		s.Error("the link raised no alert")
		return
	}
	if a.GetKind() != pb.AlertKind_ALERT_KIND_LINKED || a.GetOtherForce() != "forces/10" || a.GetLogIndex() == 0 || a.GetMessage() == "" ||
		len(a.GetNominals()) != 1 || a.GetNominals()[0] != s.names["nominal"] || a.GetAcknowledgeTime() != nil {
		s.Errorf("alert %v", a)
	}
}
