package leaktest

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/servertest"
)

var serial atomic.Int64

func source() *registerv1.SourceKey {
	return &registerv1.SourceKey{System: "niche", Reference: fmt.Sprint("leak-", serial.Add(1)), Revision: 1}
}

func sampleNominal() *registerv1.RegisterNominalRequest {
	return &registerv1.RegisterNominalRequest{Parent: "forces/33", Nominal: &registerv1.Nominal{
		Source: source(), Names: []*registerv1.PersonName{{Given: "Lambert", Surname: "Ottlethorpe"}},
		BirthDates: []*registerv1.PartialDate{{Year: 1971, Month: 4, Day: 9}},
	}}
}

func sampleCourse(nominal string) *registerv1.RegisterCourseRequest {
	return &registerv1.RegisterCourseRequest{Parent: "forces/33", Course: &registerv1.CourseOfConduct{
		Source: source(), Nominal: nominal, Standing: registerv1.Standing_STANDING_REPORTED,
		Victim: &registerv1.Victim{Names: []*registerv1.PersonName{{Given: "Ottoline", Surname: "Quarles"}}},
		Incidents: []*registerv1.Incident{{
			Reference: "33/77/26", OccurTime: timestamppb.New(recent()), Behaviours: []string{"FOLLOWING"},
		}},
	}}
}

// checkedCourse is a course whose registration asks what is known of the suspect.
func checkedCourse(nominal string) *registerv1.RegisterCourseRequest {
	r := sampleCourse(nominal)
	r.Check = &registerv1.CheckBasis{Reason: "CRIME_INVESTIGATION", Reference: "33/77/26", Justification: "a report of today"}
	return r
}

// recent is so short a time ago that no duty has arisen yet: nothing happens of itself
// while a test looks.
func recent() time.Time { return time.Now().Add(-time.Minute) }

func sampleSearch() *registerv1.CreateSearchRequest {
	return &registerv1.CreateSearchRequest{Search: &registerv1.Search{
		Reason: "CRIME_INVESTIGATION", Reference: "33/1234/26",
		Criteria: &registerv1.SearchCriteria{
			Names: []*registerv1.PersonName{{Given: "Lambert", Surname: "Ottlethorpe"}}, BirthDate: &registerv1.PartialDate{Year: 1971, Month: 4, Day: 9},
		},
	}}
}

// stranger is a person whom no other resembles.
func stranger() *registerv1.RegisterNominalRequest {
	n := sampleNominal()
	number := serial.Add(1)
	name := func(salt int64) string {
		var b strings.Builder
		for rest := number*7919 + salt; b.Len() < 10; rest = rest*31%1_000_003 + salt {
			b.WriteString([]string{"ba", "de", "fi", "go", "lu", "ma", "ne", "pi", "ro", "su", "ta", "ve", "zi"}[rest%13])
		}
		return strings.ToUpper(b.String()[:1]) + b.String()[1:]
	}
	n.Nominal.Names = []*registerv1.PersonName{{Given: name(3), Surname: name(17)}}
	n.Nominal.BirthDates = []*registerv1.PartialDate{born(int32(number * 37 % 33_600))}
	return n
}

// sample is a good call of one method.
type sample struct {
	account  string // empty for the crime system of force 33
	requests []proto.Message
}

// over is how a sample is sent over a transport of that name; ok is false for a
// system's over REST, by which no system calls these sites.
func (s sample) over(site *servertest.Site, name string, send, system transport) (by transport, token string, ok bool) {
	if s.account != "" {
		return send, site.Token(s.account, nil), true
	}
	return system, "", name == "gRPC"
}

func one(account string, m proto.Message) sample {
	return sample{account: account, requests: []proto.Message{m}}
}

// samples makes, for each method, a call that succeeds once, on records made
// for it through conn.
func samples(tb testing.TB, site *servertest.Site, conn *grpc.ClientConn) map[string]sample {
	tb.Helper()
	ctx := site.As(context.WithoutCancel(tb.Context()), "investigator-33")
	nominals, courses := registerv1.NewNominalServiceClient(conn), registerv1.NewConductServiceClient(conn)
	register := func(r *registerv1.RegisterNominalRequest) string {
		n, err := nominals.RegisterNominal(ctx, r)
		must(tb, err)
		return n.GetName()
	}
	nominal := func() string { return register(stranger()) }
	course := func() string {
		c, err := courses.RegisterCourse(ctx, sampleCourse(nominal()))
		must(tb, err)
		return c.GetName()
	}
	kept := register(sampleNominal())
	keptCourse, err := courses.RegisterCourse(ctx, sampleCourse(kept))
	must(tb, err)
	found, err := registerv1.NewSearchServiceClient(conn).CreateSearch(ctx, sampleSearch())
	must(tb, err)
	if len(found.GetCandidates()) == 0 {
		tb.Fatal("the sample is not found")
	}
	links := newLinked(tb, site, conn)
	const investigator = "investigator-33"
	all := map[string]sample{
		"NominalService.RegisterNominal": one(investigator, stranger()),
		"NominalService.GetNominal":      one(investigator, &registerv1.GetNominalRequest{Name: kept}),
		"NominalService.ListNominals":    one("spoc-33", &registerv1.ListNominalsRequest{Parent: "forces/33", PageSize: 5}),
		"NominalService.CancelNominal": one("spoc-33", &registerv1.CancelNominalRequest{
			Name: nominal(), Reason: registerv1.CancelReason_CANCEL_REASON_NO_CRIME, Explanation: "no crime",
		}),
		"NominalService.RestrictNominal": one("psd-33", &registerv1.RestrictNominalRequest{
			Name: nominal(), Restriction: registerv1.Restriction_RESTRICTION_CONTACT, Explanation: "an operation under way",
		}),
		"NominalService.EraseNominal": one("dpo-33", &registerv1.EraseNominalRequest{
			Name: nominal(), Ground: registerv1.ErasureGround_ERASURE_GROUND_ORDER, Reference: "order 7",
		}),
		"ConductService.RegisterCourse": one(investigator, checkedCourse(kept)),
		"ConductService.GetCourse":      one(investigator, &registerv1.GetCourseRequest{Name: keptCourse.GetName()}),
		"ConductService.ListCourses":    one("spoc-33", &registerv1.ListCoursesRequest{Parent: kept}),
		"ConductService.CancelCourse": one("spoc-33", &registerv1.CancelCourseRequest{
			Name: course(), Reason: registerv1.CancelReason_CANCEL_REASON_NO_CRIME, Explanation: "no crime",
		}),
		"ConductService.EraseCourse": one("dpo-33", &registerv1.EraseCourseRequest{
			Name: course(), Ground: registerv1.ErasureGround_ERASURE_GROUND_ORDER, Reference: "order 8",
		}),
		"RegistrationService.RegisterRecords": {account: investigator, requests: []proto.Message{
			&registerv1.RegisterRecordsRequest{Sequence: 1, Record: &registerv1.RegisterRecordsRequest_Nominal{Nominal: stranger()}},
			&registerv1.RegisterRecordsRequest{Sequence: 2, Record: &registerv1.RegisterRecordsRequest_Nominal{Nominal: stranger()}},
			&registerv1.RegisterRecordsRequest{Sequence: 3, Record: &registerv1.RegisterRecordsRequest_Course{Course: checkedCourse(kept)}},
		}},
		"SearchService.CreateSearch": one(investigator, sampleSearch()),
		"SearchService.FindNominals": one("dpo-33", &registerv1.FindNominalsRequest{
			Parent: "forces/33", Right: registerv1.DataSubjectRight_DATA_SUBJECT_RIGHT_ACCESS, Reference: "request 9", Criteria: sampleSearch().GetSearch().GetCriteria(),
		}),
		"SearchService.GetSearch":    one(investigator, &registerv1.GetSearchRequest{Name: found.GetName()}),
		"SearchService.GetCandidate": one(investigator, &registerv1.GetCandidateRequest{Name: found.GetCandidates()[0].GetName()}),
		"LinkService.ListLinks":      one("spoc-33", &registerv1.ListLinksRequest{Parent: "forces/33", PageSize: 5}),
		"LinkService.GetLink":        one(investigator, &registerv1.GetLinkRequest{Name: links.proposed(false)}),
		"LinkService.ProposeLink":    one("spoc-33", links.proposal()),
		"LinkService.ConfirmLink":    one("spoc-33", &registerv1.ConfirmLinkRequest{Name: links.proposed(false), Version: 1, Reason: "the same man at both doors"}),
		"LinkService.RejectLink":     one("spoc-33", &registerv1.RejectLinkRequest{Name: links.proposed(false), Version: 1, Reason: "brothers, seen side by side"}),
		"LinkService.GetPerson":      one(investigator, &registerv1.GetPersonRequest{Name: kept}),
		"LinkService.SplitPerson":    one("spoc-33", links.split()),
		"AlertService.ListAlerts":    one("spoc-33", &registerv1.ListAlertsRequest{Parent: "forces/33", PageSize: 5}),
		"ExchangeService.CreateSubscription": one(investigator, &registerv1.CreateSubscriptionRequest{
			Parent: "forces/33", Basis: kept, Reason: "an inquiry of our own",
		}),
		"ExchangeService.ListSubscriptions":  one("spoc-33", &registerv1.ListSubscriptionsRequest{Parent: "forces/33"}),
		"ExchangeService.DeleteSubscription": one("spoc-33", &registerv1.DeleteSubscriptionRequest{Name: newSubscription(tb, site, conn, kept)}),
		"ExchangeService.AskOwner":           one("spoc-33", asked10(tb, site, conn)),
		"ExchangeService.AnswerQuestion":     one("spoc-33", &registerv1.AnswerQuestionRequest{Name: newQuestion(tb, site, conn), Text: "nothing is known of that"}),
		"ExchangeService.GetQuestion":        one("spoc-33", &registerv1.GetQuestionRequest{Name: newQuestion(tb, site, conn)}),
		"ExchangeService.ListQuestions":      one("spoc-33", &registerv1.ListQuestionsRequest{Parent: "forces/33"}),
		"AlertService.ReviewCounter":         one("spoc-33", &registerv1.ReviewCounterRequest{Name: counterAlert(tb, site, conn), Reason: "both were heard in person"}),
		"AlertService.WatchAlerts":           one("spoc-33", &registerv1.WatchAlertsRequest{Parent: "forces/33", Once: true}),
		"AlertService.AcknowledgeAlert": one("spoc-33", &registerv1.AcknowledgeAlertRequest{
			Name: links.alert(),
		}),
		"AlertService.ListRetractions":         one(investigator, &registerv1.ListRetractionsRequest{}),
		"AccessLogService.GetCheckpoint":       one(investigator, &registerv1.GetCheckpointRequest{}),
		"AccessLogService.GetInclusionProof":   one(investigator, &registerv1.GetInclusionProofRequest{Index: 1}),
		"AccessLogService.GetConsistencyProof": one(investigator, &registerv1.GetConsistencyProofRequest{FirstTreeSize: 1}),
		"AccessLogService.ListEntries": one("psd-33", &registerv1.ListEntriesRequest{
			Parent: "forces/33", Purpose: registerv1.LogPurpose_LOG_PURPOSE_LAWFULNESS, Reference: "review 7", PageSize: 5,
		}),
		"AccessLogService.SummariseActivity": one("psd-33", &registerv1.SummariseActivityRequest{
			Parent: "forces/33", Purpose: registerv1.LogPurpose_LOG_PURPOSE_LAWFULNESS, Reference: "review 7", GroupBy: registerv1.ActivityGrouping_ACTIVITY_GROUPING_HOUR,
		}),
		"DirectoryService.ListForces": one(investigator, &registerv1.ListForcesRequest{}),
		"DirectoryService.GetForce":   one(investigator, &registerv1.GetForceRequest{Name: "forces/33"}),
		"DirectoryService.UpdateForceContact": one("admin", &registerv1.UpdateForceContactRequest{Contact: &registerv1.ForceContact{
			Force: "forces/33", Team: "Stalking triage", Phone: "01632 960001", Email: "spoc@police.example", Hours: "always",
		}}),
		"DirectoryService.ListClients": one("admin", &registerv1.ListClientsRequest{Parent: "forces/-"}),
		"DirectoryService.ListCodes":   one(investigator, &registerv1.ListCodesRequest{Parent: "codeLists/behaviours"}),
		"DirectoryService.GetSelf":     one(investigator, &registerv1.GetSelfRequest{}),
	}
	maps.Copy(all, standardsSamples(tb, site, conn))
	maps.Copy(all, dutySamples(tb, site, conn, nominal))
	maps.Copy(all, misuseSamples(tb, site, conn))
	maps.Copy(all, partSamples(tb, site, conn))
	maps.Copy(all, transferSamples(tb, site, conn))
	return all
}

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}
