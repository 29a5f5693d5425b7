package apitest

import (
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	pb "github.com/perpetrator-register/register/api/register/v1"
)

const putFacts = "FactService.PutFacts"

// facts is a good batch: a member of staff, a case and a roster.
func facts(tag string) *pb.PutFactsRequest {
	given, surname, birth := invented(tag)
	day := time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC)
	at := func(hours int) *timestamppb.Timestamp {
		return timestamppb.New(day.Add(time.Duration(hours) * time.Hour))
	}
	person := &pb.FactPerson{
		Names: []*pb.PersonName{{Given: given, Surname: surname}}, BirthDate: birth,
		Phones: []string{"07700 900123"}, Postcodes: []string{"LE2 7GZ"},
	}
	return &pb.PutFactsRequest{Parent: "forces/33", Facts: []*pb.Fact{
		{Fact: &pb.Fact_Staff{Staff: &pb.StaffFact{Subject: "issuer#" + tag, CollarNumbers: []string{"4711"}, Unit: "CID 3", Person: person, Associates: []*pb.FactPerson{person}}}},
		{Fact: &pb.Fact_Case{Case: &pb.CaseFact{Reference: "33CR/" + tag, Allocated: []string{"issuer#" + tag}, People: []*pb.FactPerson{person}, OpenTime: at(9)}}},
		{Fact: &pb.Fact_Roster{Roster: &pb.RosterFact{Subject: "issuer#" + tag, FirstDay: at(0), Days: 7, Shifts: []*pb.ShiftFact{{StartTime: at(8), EndTime: at(16)}}}}},
	}}
}

func factCases() []apiCase {
	stored := func(stored, unchanged int32) func(*stage, proto.Message) {
		return func(s *stage, m proto.Message) {
			s.Helper()
			if got := m.(*pb.PutFactsResponse); got.GetStored() != stored || got.GetUnchanged() != unchanged {
				s.Errorf("stored %d and %d unchanged, want %d and %d", got.GetStored(), got.GetUnchanged(), stored, unchanged)
			}
		}
	}
	return []apiCase{
		{
			name: "facts", method: putFacts, who: "system-33", writes: true,
			request: func(s *stage) proto.Message { return facts(s.run) }, check: stored(3, 0),
		},
		{
			name: "facts told again", method: putFacts, who: "system-33", writes: true,
			prepare: func(s *stage) { s.must("system-33", putFacts, facts(s.tag)) },
			request: func(s *stage) proto.Message {
				r := facts(s.tag)
				r.Facts[1].GetCase().CloseTime = timestamppb.New(time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC))
				return r
			},
			check: stored(1, 2),
		},
		{
			name: "faulty facts", method: putFacts, who: "system-33", code: codes.InvalidArgument, reason: "INVALID_FIELDS",
			fields: []string{
				"facts[0].staff.person.names[0].surname", "facts[0].staff.associates[0].names[0].surname",
				"facts[1].case.people[0].names[0].surname", "facts[1].case.close_time",
				"facts[2].roster.first_day", "facts[2].roster.shifts[0].end_time", "facts[3]", "facts[4].fact",
				"facts[5].staff.collar_numbers[0]",
			},
			request: func(s *stage) proto.Message {
				r := facts("faulty")
				r.Facts[0].GetStaff().Person.Names[0].Surname = "123"
				r.Facts[1].GetCase().CloseTime = timestamppb.New(time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC))
				r.Facts[2].GetRoster().FirstDay = timestamppb.New(time.Date(2026, 11, 2, 1, 0, 0, 0, time.UTC))
				r.Facts[2].GetRoster().Shifts[0].EndTime = r.Facts[2].GetRoster().Shifts[0].StartTime
				r.Facts = append(r.Facts, facts("faulty").Facts[1], &pb.Fact{}, facts("with the same number").Facts[0])
				return r
			},
		},
		{
			name: "another force's facts", method: putFacts, who: "system-10", code: codes.PermissionDenied, reason: "OTHER_FORCE",
			request: func(*stage) proto.Message { return facts("other") },
		},
		{
			name: "facts told by an investigator", method: putFacts, who: "investigator-33", code: codes.PermissionDenied, reason: "NOT_ALLOWED",
			request: func(*stage) proto.Message { return facts("person") },
		},
	}
}
