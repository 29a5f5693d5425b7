package misuse

import (
	"testing"
	"time"
)

// A SPOC who answers other forces' questions uses their references, which no system of his
// own force knows. Those put through the register are known to it.
func TestAQuestionOfAnotherForceExplainsItsAnswer(t *testing.T) {
	t.Parallel()
	ask := func(s *story, i int) Question {
		q := Question{ID: Code(9000 + i), Force: "33", References: []Code{Code(500 + i)}, People: []Code{Code(100 + i)}, Records: []Code{Code(700 + i)}}
		s.fact().PutQuestion(q)
		return q
	}
	answers := func(i int, change ...func(*Event)) func(*story) {
		return func(s *story) { s.look(Code(100+i), append(change, as("spoc"), under(Code(500+i)))...) }
	}
	run := func(about func(s *story, i int)) *story {
		s := begin(t).work(1, "somebody else") // the force tells of its cases
		for i := range 20 {
			s.at(i, 9)
			s.work(Code(1000+i), "somebody else")
			about(s, i)
		}
		s.at(24, 9).work(2000, "somebody else")
		s.look(1, by("another"), under(2000))
		return s
	}
	asked := run(func(s *story, i int) {
		q := ask(s, i)
		answers(i)(s)
		q.Answered = s.now
		s.fact().PutQuestion(q)
		s.look(4242, as("spoc"), under(Code(500+i)), found(Code(700+i))) // his name misspelt
	})
	asked.silent()
	for name, about := range map[string]func(*story, int){
		"nobody asked": func(s *story, i int) { answers(i)(s) },
		"the question is for another": func(s *story, i int) {
			q := ask(s, i)
			q.Force = "10"
			s.fact().PutQuestion(q)
			answers(i)(s)
		},
		"it is about somebody else": func(s *story, i int) { ask(s, i); s.look(Code(300+i), as("spoc"), under(Code(500+i))) },
		"he answers no questions":   func(s *story, i int) { ask(s, i); answers(i)(s); s.look(Code(100+i), under(Code(500+i))) },
		"it was answered long before": func(s *story, i int) {
			q := ask(s, i)
			q.Answered = s.now.Add(-30 * 24 * time.Hour)
			s.fact().PutQuestion(q)
			answers(i)(s)
		},
	} {
		if s := run(about); len(s.flags) == 0 {
			t.Errorf("%s: nothing was raised", name)
		}
	}
}

// One incident in the control room brings up more people than one helps a colleague with;
// under an invented reference it is judged when the force should have told of it.
func TestALiveIncidentIsBelievedInTheControlRoomAlone(t *testing.T) {
	t.Parallel()
	of := func(role string) *story {
		s := begin(t).work(1, "somebody else")
		for i := range 9 {
			s.look(Code(100+i), as(role), under(500))
		}
		return s
	}
	of("control_room").silent()
	if s := of("investigator"); len(s.e.actors["officer"].unexplained) != 6 {
		t.Errorf("%d are unexplained", len(s.e.actors["officer"].unexplained))
	}
	late := of("control_room").at(3, 9).work(2, "somebody else")
	late.look(1, by("another"), under(2))
	late.wants("NO_NEXUS")
}
