package view

import (
	"cmp"
	"slices"

	"github.com/google/uuid"

	storev1 "github.com/perpetrator-register/register/api/register/store/v1"
	"github.com/perpetrator-register/register/internal/conduct"
	"github.com/perpetrator-register/register/internal/identity"
	"github.com/perpetrator-register/register/internal/postgres"
)

// FallenCourse is a course of conduct that counts towards nothing any more: it was
// cancelled, led to an acquittal, is suspected to be false, or was erased.
type FallenCourse struct {
	// Record is the record id, Nominal that of its suspect; zero once it was erased.
	Record  uuid.UUID
	Nominal identity.ID
	// Course is what stands of it; nil once it was erased. It is shared.
	Course *conduct.Course
	// Index is the log index at which it fell.
	Index int64
}

// FallenIndex is the log index at which a course fell that counts towards nothing:
// later versions keep it, the first takes its own.
func FallenIndex(stored *storev1.StoredCourse, v postgres.Version) int64 {
	if i := stored.GetFallenIndex(); i > 0 {
		return i
	}
	return v.LogIndex
}

// applyFallen takes in whether a course still counts; the caller holds the lock.
func (v *View) applyFallen(d decoded) {
	defer v.fallenFormer(d)
	switch {
	case d.course != nil && d.course.Transferred:
		// What becomes of it, the course that it is now tells.
	case d.course == nil:
		v.fallen[d.id] = FallenCourse{Record: uuid.UUID(d.id), Index: d.index}
	case v.decoder.rules.Counts(*d.course):
		delete(v.fallen, d.id)
	default:
		v.fallen[d.id] = FallenCourse{Record: uuid.UUID(d.id), Nominal: identity.ID(d.course.Nominal), Course: d.course, Index: d.fell}
	}
}

// CoursesFallen returns the courses that have fallen, the last first, at most so
// many.
func (v *View) CoursesFallen(limit int) []FallenCourse {
	v.mu.RLock()
	out := make([]FallenCourse, 0, len(v.fallen))
	for _, f := range v.fallen {
		out = append(out, f)
	}
	v.mu.RUnlock()
	slices.SortFunc(out, func(a, b FallenCourse) int {
		return cmp.Or(cmp.Compare(b.Index, a.Index), slices.Compare(a.Record[:], b.Record[:]))
	})
	return out[:min(limit, len(out))]
}
