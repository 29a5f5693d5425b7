package year

import (
	"time"

	"github.com/perpetrator-register/register/internal/misuse"
)

// busyWorks makes a user's shift in a busy force.
func (y *Year) busyWorks(u *user, from, until float64) {
	when := func() float64 { return from + (until-from)*y.r.Float64() }
	season := y.season(y.day)
	switch u.work {
	case investigates:
		y.detects(u, when, searchesADay)
		for range y.poisson(teamSearches) {
			if o := y.mate(u); o != u && len(o.own) > 0 {
				m := o.own[y.r.IntN(len(o.own))]
				y.search(u, y.at(when()), m.suspect, m, 0)
			}
		}
	case responds:
		for range y.poisson(incidentsShift * season) {
			hour := when()
			y.attends(u, hour, y.incident(hour, u))
		}
	case controls:
		for range y.poisson(controlShift * season) {
			y.liveIncident(u, when(), y.poisson(liveSearches))
		}
		if y.chance(bigIncident * season) {
			y.liveIncident(u, from+(until-from)*0.7*y.r.Float64(), 25+y.r.IntN(35))
		}
	case supervises:
		for range y.poisson(reviewsShift) {
			if m := y.ofUnit(u); m != nil {
				y.search(u, y.at(when()), m.suspect, m, 0)
			}
		}
		if y.chance(briefings) {
			y.briefing(u, from)
		}
	case triages:
		for range y.poisson(triageShift) {
			hour := when()
			m := y.incident(hour, u)
			y.search(u, y.at(hour+0.05), m.suspect, m, 0)
		}
		for range y.poisson(questionsShift) {
			y.answers(u, when())
		}
	case reviews:
		y.reviews(u, from, when)
	}
}

// liveIncident is worked in the control room while it goes on: the caller, the suspect,
// who keeps the car, who lives there, within two hours at most.
func (y *Year) liveIncident(u *user, hour float64, more int) {
	m := y.incident(hour, y.users[y.r.IntN(len(y.users))])
	y.search(u, y.at(hour+0.05), m.suspect, m, 0)
	for i := range more {
		whom := y.anybody()
		if i < len(m.circle) {
			whom = m.circle[i]
		}
		y.search(u, y.at(hour+0.1+2*y.r.Float64()*min(1, float64(more)/40)), whom, m, 0)
	}
}

// answers is a question of another force, under the reference of that force: no system of
// this force knows it. Most are put through the register.
func (y *Year) answers(u *user, hour float64) {
	y.serial++
	m, whom := &matter{serial: y.serial, workers: []*user{u}}, y.ofCases()
	if y.chance(putThrough) {
		whom.registered = true
		q := misuse.Question{ID: code("question", m.serial), Force: Force, References: []misuse.Code{m.reference()}, People: []misuse.Code{whom.name(), whom.identity()}, Records: []misuse.Code{whom.record()}}
		y.fact(hour-0.5, func(f *misuse.Facts) { f.PutQuestion(q) })
		q.Answered = y.at(hour + 1)
		y.fact(hour+1, func(f *misuse.Facts) { f.PutQuestion(q) })
	}
	for range 1 + y.r.IntN(2) {
		y.search(u, y.at(hour), whom, m, 0)
	}
}

// reviews is a shift of the proactive unit: on Mondays the whole list, else those around
// the people on it.
func (y *Year) reviews(u *user, from float64, when func() float64) {
	op := y.force.operation
	if y.day%7 == 4 {
		for i, h := range y.force.list {
			if y.chance(0.8) {
				y.search(u, y.at(from+0.5+3*float64(i)/ranked), h, op, 0)
			}
		}
		return
	}
	for range y.poisson(reviewShift) {
		whom := y.anybody()
		if y.chance(0.5) {
			whom = y.force.list[y.r.IntN(len(y.force.list))]
		}
		y.search(u, y.at(when()), whom, op, 0)
	}
}

// briefing is a sergeant who looks up, before his shift goes out, whom it is to look out
// for: the suspects of cases that are not his, under one of them.
func (y *Year) briefing(u *user, from float64) {
	if len(y.cases) == 0 {
		return
	}
	one := y.cases[y.r.IntN(len(y.cases))]
	for range 4 + y.r.IntN(6) {
		y.search(u, y.at(from+0.4*y.r.Float64()), y.ofCases(), one, 0)
	}
}

// manhunt is a lawful rush: something grave happens in the night, and one user in
// twenty-five looks for one man under the one incident. Who takes part is told at noon.
func (y *Year) manhunt() {
	m := y.incident(6, y.users[0])
	for range y.o.Users / 25 {
		u := y.users[y.r.IntN(len(y.users))]
		if from, until, ok := y.shift(u, y.day); ok {
			m.workers = append(m.workers, u)
			y.search(u, y.at(from+(until-from)*y.r.Float64()), m.suspect, m, 0)
		}
	}
	y.fact(12, m.tell(time.Time{}))
}
