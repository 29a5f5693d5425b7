package crashtest

import (
	"fmt"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
)

var (
	givens = []string{"Alban", "Bertram", "Corwin", "Denzil", "Edmund", "Fabian", "Gareth", "Humphrey", "Ivor", "Jocelyn", "Kenelm", "Lambert"}
	stems  = []string{"Aller", "Brack", "Carra", "Dunna", "Eggle", "Farle", "Gorse", "Hazle", "Ingle", "Keswa", "Lorto", "Marsa", "Norbu", "Ottle"}
	ends   = []string{"ton", "by", "wick", "ford", "ley", "worth", "combe", "shaw", "thorpe", "mere", "stead", "dale", "gate", "field"}
)

// nameOf gives each number a name that few others have.
func nameOf(n int) *registerv1.PersonName {
	return &registerv1.PersonName{
		Given:   givens[n%len(givens)],
		Surname: stems[n/12%len(stems)] + ends[n/168%len(ends)],
	}
}

func birthOf(n int) *registerv1.PartialDate {
	day := time.Date(1955, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, n*37%16000)
	return &registerv1.PartialDate{Year: int32(day.Year()), Month: int32(day.Month()), Day: int32(day.Day())}
}

func nominal(force, reference string, revision int64, number int) *registerv1.RegisterNominalRequest {
	return &registerv1.RegisterNominalRequest{
		Parent: "forces/" + force,
		Nominal: &registerv1.Nominal{
			Source: &registerv1.SourceKey{System: "niche", Reference: reference, Revision: revision},
			Names:  []*registerv1.PersonName{nameOf(number)}, BirthDates: []*registerv1.PartialDate{birthOf(number)},
			Description: fmt.Sprintf("revision %d", revision),
		},
	}
}

func course(force, reference, suspect string, revision int64, number int) *registerv1.RegisterCourseRequest {
	return &registerv1.RegisterCourseRequest{
		Parent: "forces/" + force,
		Course: &registerv1.CourseOfConduct{
			Source:   &registerv1.SourceKey{System: "niche", Reference: reference, Revision: revision},
			Victim:   &registerv1.Victim{Names: []*registerv1.PersonName{{Given: "Ottoline", Surname: "Quarles"}}, BirthDate: birthOf(number + 1)},
			Standing: registerv1.Standing_STANDING_REPORTED,
			Incidents: []*registerv1.Incident{{
				Reference: reference + "/1", OccurTime: timestamppb.New(time.Date(2026, 3, 1+number%28, 12, 0, 0, 0, time.UTC)),
				Behaviours: []string{"FOLLOWING"},
			}},
		},
		NominalSource: &registerv1.SourceKey{System: "niche", Reference: suspect},
	}
}

func search(number int) *registerv1.CreateSearchRequest {
	return &registerv1.CreateSearchRequest{Search: &registerv1.Search{
		Reason: "CRIME_INVESTIGATION", Reference: "33/1234/26",
		Criteria: &registerv1.SearchCriteria{Names: []*registerv1.PersonName{nameOf(number)}, BirthDate: birthOf(number)},
	}}
}
