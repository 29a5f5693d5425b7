package standards

import (
	"context"
	"slices"
	"strings"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/accesslog"
	"github.com/perpetrator-register/register/internal/call"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/service"
)

// The national auditor's readings are reviewed by the departments of forces, as there is
// nobody set above it. Any department may, so that the auditor cannot choose his reviewer;
// but never that of a force into whose entries he looked: it is not to learn that he does,
// and has a part in what he finds. The mark of the entry says which forces those are.
const (
	markAbout   = "about:"
	aboutNobody = "-" // a survey, which is about no force in particular
	maxAbout    = 3   // forces in an answer; those of more are a survey
)

// noteAbout notes into which forces' entries the national auditor looks: that of the
// request, and those of the entries shown.
func noteAbout(c *call.Call, force string, shown ...string) {
	if !national(c.Actor) {
		return
	}
	slices.Sort(shown)
	if shown = slices.Compact(shown); len(shown) > maxAbout {
		shown = nil
	}
	if force != "" && !slices.Contains(shown, force) {
		shown = append(shown, force)
		slices.Sort(shown)
	}
	about := strings.Join(shown, ",")
	if about == "" {
		about = aboutNobody
	}
	c.Entry.Marks = append(c.Entry.Marks, markAbout+about)
}

// aboutSubject is the force of somebody who is asked about in all forces' entries at once;
// empty when the log has nothing of him.
func aboutSubject(ctx context.Context, d *service.Deps, c *call.Call, force, subject string) ([]string, error) {
	if !national(c.Actor) || force != "" || subject == "" {
		return nil, nil
	}
	rows, err := d.DB.ListEntries(ctx, postgres.EntryFilter{Actor: subject, NewestFirst: true, Limit: 1})
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	meta, err := accesslog.ParseMetadata(rows[0].Meta)
	if err != nil || meta.Actor.Force == "" {
		return nil, err
	}
	return []string{meta.Actor.Force}, nil
}

// forcesOf are the forces of the callers of entries.
func forcesOf(entries []*registerv1.LogEntry) []string {
	var out []string
	for _, e := range entries {
		if f := call.ForceCode(e.GetForce()); f != "" {
			out = append(out, f)
		}
	}
	return out
}

// callersForces are the forces of the callers of stored entries, each once.
func callersForces(entries []postgres.Entry) ([]string, error) {
	var out []string
	for i := range entries {
		meta, err := accesslog.ParseMetadata(entries[i].Meta)
		if err != nil {
			return nil, err
		}
		if f := meta.Actor.Force; f != "" && !slices.Contains(out, f) {
			out = append(out, f)
		}
	}
	return out, nil
}

// mayReview reports whether the department of a force may review a reading: any of a
// force's that is not its own, and of the national auditor's those that are about others.
// What does not say whom it is about is about everybody.
func mayReview(m *accesslog.Metadata, force string) bool {
	if m.Actor.Force != "" {
		return m.Actor.Force != force
	}
	i := slices.IndexFunc(m.Marks, func(mark string) bool { return strings.HasPrefix(mark, markAbout) })
	return i >= 0 && force != "" && !slices.Contains(strings.Split(strings.TrimPrefix(m.Marks[i], markAbout), ","), force)
}
