package apitest

import (
	"hash/fnv"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	pb "github.com/perpetrator-register/register/api/register/v1"
)

// invented makes a name that nobody has, always the same for a tag.
func invented(tag string) (given, surname string, birth *pb.PartialDate) {
	h := fnv.New64a()
	_, _ = h.Write([]byte(tag))
	r := rand.New(rand.NewPCG(h.Sum64(), 1)) //nolint:gosec // names of a test
	word := func(syllables int) string {
		var b strings.Builder
		for range syllables {
			b.WriteString([]string{"b", "d", "f", "g", "k", "l", "m", "n", "p", "r", "t", "v", "z"}[r.IntN(13)])
			b.WriteString([]string{"a", "e", "i", "o", "u"}[r.IntN(5)])
		}
		b.WriteString([]string{"l", "n", "r", "s", "t"}[r.IntN(5)])
		s := b.String()
		return strings.ToUpper(s[:1]) + s[1:]
	}
	given, surname = word(3), word(5)
	return given, surname, births.of(tag, r)
}

// births gives each invented person a birth date of his own: a date alone is enough to be
// found by, and of a thousand people two would share one.
var births = calendar{byTag: map[string]*pb.PartialDate{}, taken: map[[3]int32]bool{}}

type calendar struct {
	mu    sync.Mutex
	byTag map[string]*pb.PartialDate
	taken map[[3]int32]bool
}

func (c *calendar) of(tag string, r *rand.Rand) *pb.PartialDate {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.byTag[tag] == nil {
		day := [3]int32{1950 + r.Int32N(50), 1 + r.Int32N(12), 1 + r.Int32N(28)}
		if !c.taken[day] {
			c.taken[day] = true
			c.byTag[tag] = &pb.PartialDate{Year: day[0], Month: day[1], Day: day[2]}
		}
	}
	return proto.CloneOf(c.byTag[tag])
}

// nominal is a good registration of a person of that name under a reference.
func nominal(force, person, reference string, revision int64) *pb.RegisterNominalRequest {
	given, surname, birth := invented(person)
	return &pb.RegisterNominalRequest{Parent: "forces/" + force, Nominal: &pb.Nominal{
		Source:     &pb.SourceKey{System: "crime", Reference: reference, Revision: revision},
		Names:      []*pb.PersonName{{Given: given, Surname: surname}},
		BirthDates: []*pb.PartialDate{birth},
		Sex:        pb.Sex_SEX_MALE,
		Warnings:   []string{"WEAPON", "SUICIDE"},
	}}
}

var firstIncident = time.Date(2026, 3, 4, 21, 30, 0, 0, time.UTC)

// course is a good registration of a course of conduct of a nominal.
func course(force, nominalName, reference string, revision int64) *pb.RegisterCourseRequest {
	return &pb.RegisterCourseRequest{Parent: "forces/" + force, Course: &pb.CourseOfConduct{
		Source:       &pb.SourceKey{System: "crime", Reference: reference, Revision: revision},
		Nominal:      nominalName,
		Victim:       victim(),
		Relationship: "EX_PARTNER",
		Standing:     pb.Standing_STANDING_REPORTED,
		Incidents: []*pb.Incident{{
			Reference: reference + "/1", OccurTime: timestamppb.New(firstIncident), Behaviours: []string{"FOLLOWING", "LOITERING"},
			PrincipalOffence: "8/66", Narrative: "He waited outside and followed on foot.",
		}},
	}}
}

func victim() *pb.Victim {
	return &pb.Victim{
		Names:     []*pb.PersonName{{Given: "Vesna", Surname: "Harcastle"}},
		BirthDate: &pb.PartialDate{Year: 1991, Month: 2, Day: 17},
		Phones:    []string{"07700 900461"},
		Emails:    []string{"vesna.harcastle@mail.example"},
		Addresses: []*pb.Address{{Lines: []string{"14 Tollgate Crescent"}, Postcode: "LE2 7GZ"}},
	}
}

// search is a good search for a person of that name.
func search(person string) *pb.CreateSearchRequest {
	given, surname, birth := invented(person)
	return &pb.CreateSearchRequest{Search: &pb.Search{
		Reason: "CRIME_INVESTIGATION", Reference: "33CR/1234/26", Justification: "report of following, suspect named",
		Criteria: &pb.SearchCriteria{Names: []*pb.PersonName{{Given: given, Surname: surname}}, BirthDate: birth},
	}}
}

func entriesOf(parent string) *pb.ListEntriesRequest {
	return &pb.ListEntriesRequest{Parent: parent, Purpose: pb.LogPurpose_LOG_PURPOSE_SELF_MONITORING, Reference: "REVIEW/26/7"}
}

func activityOf(parent string) *pb.SummariseActivityRequest {
	return &pb.SummariseActivityRequest{
		Parent: parent, Purpose: pb.LogPurpose_LOG_PURPOSE_SELF_MONITORING, Reference: "REVIEW/26/7", GroupBy: pb.ActivityGrouping_ACTIVITY_GROUPING_METHOD,
	}
}

// unknownRecord is the name of a record that does not exist.
func unknownRecord(force, collection string) string {
	return "forces/" + force + "/" + collection + "/01980000-0000-7000-8000-0123456789ab"
}

const unknownSearch = "searches/01980000-0000-7000-8000-0123456789ab"
