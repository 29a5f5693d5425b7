package service

import (
	"bytes"
	"cmp"
	"context"
	"slices"

	"github.com/google/uuid"

	storev1 "github.com/perpetrator-register/register/api/register/store/v1"
	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/call"
	"github.com/perpetrator-register/register/internal/identity"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/view"
)

// ListCourses implements the RPC.
func (s *Courses) ListCourses(ctx context.Context, req *registerv1.ListCoursesRequest) (*registerv1.ListCoursesResponse, error) {
	c := call.From(ctx)
	nominal, _, _, err := s.openNominal(ctx, c, req.GetParent())
	if err != nil {
		return nil, err
	}
	binding := AskedOf("courses", req)
	var after uuid.UUID
	if err := s.ReadPageToken(req.GetPageToken(), binding, &after); err != nil {
		return nil, err
	}
	if err := s.View.Pull(ctx); err != nil {
		return nil, err
	}
	courses, err := s.coursesOf(ctx, identity.ID(nominal.Record.ID))
	if err != nil {
		return nil, err
	}
	if after != uuid.Nil {
		i := slices.IndexFunc(courses, func(o openCourse) bool { return o.cur.Record.ID == after })
		courses = courses[i+1:]
	}
	resp := &registerv1.ListCoursesResponse{}
	size := PageSize(req.GetPageSize(), 50)
	for i, o := range courses {
		if i == size {
			resp.NextPageToken = s.PageToken(binding, courses[i-1].cur.Record.ID)
			break
		}
		c.Show(o.cur.Record.ID, o.cur.Record.Force)
		resp.Courses = append(resp.Courses, completeCourse(o.stored, o.cur))
	}
	return resp, nil
}

type openCourse struct {
	cur    postgres.Current
	stored *storev1.StoredCourse
}

// coursesOf reads and opens the courses of a nominal, the newest conduct first.
func (d *Deps) coursesOf(ctx context.Context, nominal identity.ID) ([]openCourse, error) {
	var ids []uuid.UUID
	for _, id := range d.View.CourseIDs(nominal) {
		ids = append(ids, uuid.UUID(id))
	}
	if len(ids) == 0 {
		return nil, nil
	}
	all, err := d.DB.CurrentByID(ctx, ids)
	if err != nil {
		return nil, err
	}
	var out []openCourse
	for _, cur := range all {
		if cur.Wrapped == nil {
			continue
		}
		o := openCourse{cur: cur, stored: &storev1.StoredCourse{}}
		if _, err := view.OpenVersion(d.Keys, cur.Record, cur.Version, cur.Wrapped, o.stored); err != nil {
			return nil, err
		}
		out = append(out, o)
	}
	slices.SortFunc(out, func(a, b openCourse) int {
		return cmp.Or(lastIncident(b.stored).Compare(lastIncident(a.stored)), bytes.Compare(a.cur.Record.ID[:], b.cur.Record.ID[:]))
	})
	return out, nil
}
