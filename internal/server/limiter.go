package server

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

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
