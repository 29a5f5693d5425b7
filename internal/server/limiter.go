package server

import (
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/perpetrator-register/register/internal/access"
	"github.com/perpetrator-register/register/internal/call"
)

// limits bound the calls of everybody: of systems, which call without pause, and of
// persons, who type.
type limits struct{ systems, persons *limiter }

func newLimits(l *Limits) limits {
	return limits{newLimiter(l.PerSecond, l.Burst), newLimiter(l.PersonPerSecond, l.PersonBurst)}
}

// allow reports whether a caller may call now; as sets apart what is counted by itself.
func (l limits) allow(a access.Actor, as string) bool {
	of := l.persons
	if a.Kind == access.KindSystem {
		of = l.systems
	}
	return of.allow(as + call.Subject(a))
}

// limiter bounds the calls of each subject. Subjects that have been quiet for
// a while are forgotten, so that memory stays bounded.
type limiter struct {
	perSecond rate.Limit
	burst     int

	mu       sync.Mutex
	subjects map[string]*subjectLimit
	swept    time.Time
}

type subjectLimit struct {
	limit *rate.Limiter
	last  time.Time
}

const limiterMemory = 10 * time.Minute

func newLimiter(perSecond float64, burst int) *limiter {
	return &limiter{perSecond: rate.Limit(perSecond), burst: burst, subjects: map[string]*subjectLimit{}, swept: time.Now()}
}

func (l *limiter) allow(subject string) bool {
	now := time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	if now.Sub(l.swept) > limiterMemory {
		for s, e := range l.subjects {
			if now.Sub(e.last) > limiterMemory {
				delete(l.subjects, s)
			}
		}
		l.swept = now
	}
	e, ok := l.subjects[subject]
	if !ok {
		e = &subjectLimit{limit: rate.NewLimiter(l.perSecond, l.burst)}
		l.subjects[subject] = e
	}
	e.last = now
	return e.limit.AllowN(now, 1)
}
