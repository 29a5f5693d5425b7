package main

import (
	"context"
	"errors"
	"regexp"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
)

type showCmd struct {
	Rescore bool `help:"Weigh the candidates of a search anew, with today's model and records."`

	Name string `arg:"" help:"What to show: searches/…, searches/…/candidates/1, forces/33/nominals/…, or courses, measures, breaches, assessments, plans or links of a force, or forces/33."`
}

// shower gets a resource and returns how to print it.
type shower func(ctx context.Context, a *app, conn grpc.ClientConnInterface, name string, opts ...grpc.CallOption) (proto.Message, func(), error)

var showers = []struct {
	pattern *regexp.Regexp
	show    shower
}{
	{regexp.MustCompile(`^searches/[^/]+$`), showSearch},
	{regexp.MustCompile(`^searches/[^/]+/candidates/[^/]+$`), showDetail},
	{regexp.MustCompile(`^forces/[^/]+/nominals/[^/]+$`), showNominal},
	{regexp.MustCompile(`^forces/[^/]+/courses/[^/]+$`), showCourse},
	{regexp.MustCompile(`^forces/[^/]+/measures/[^/]+$`), showMeasure},
	{regexp.MustCompile(`^forces/[^/]+/breaches/[^/]+$`), showBreach},
	{regexp.MustCompile(`^forces/[^/]+/assessments/[^/]+$`), showAssessment},
	{regexp.MustCompile(`^forces/[^/]+/plans/[^/]+$`), showPlan},
	{regexp.MustCompile(`^forces/[^/]+/links/[^/]+$`), showLink},
	{regexp.MustCompile(`^forces/[^/]+$`), showForce},
}

// Run shows one resource.
func (c *showCmd) Run(a *app) error {
	if c.Rescore {
		return c.rescore(a)
	}
	for _, s := range showers {
		if !s.pattern.MatchString(c.Name) {
			continue
		}
		conn, err := a.connect()
		if err != nil {
			return err
		}
		var m proto.Message
		var tell func()
		entry, err := a.call(func(ctx context.Context, opts ...grpc.CallOption) (err error) {
			m, tell, err = s.show(ctx, a, conn, c.Name, opts...)
			return err
		})
		if err != nil {
			return err
		}
		if a.JSON {
			return a.printJSON(m)
		}
		tell()
		if entry != "" {
			a.say("")
			a.say("This view is recorded under your name, entry %s.", entry)
		}
		return nil
	}
	return usageError{errors.New("give the name of a search, a candidate, a record or a force")}
}

// rescore shows a search weighed anew.
func (c *showCmd) rescore(a *app) error {
	conn, err := a.connect()
	if err != nil {
		return err
	}
	var s *registerv1.Search
	_, err = a.call(func(ctx context.Context, opts ...grpc.CallOption) (err error) {
		if s, err = registerv1.NewSearchServiceClient(conn).GetSearch(ctx, &registerv1.GetSearchRequest{Name: c.Name, Rescore: true}, opts...); err == nil {
			err = checkOutcome(s)
		}
		return err
	})
	if err != nil {
		return err
	}
	if a.JSON {
		return a.printJSON(s)
	}
	a.say("Search of %s, weighed anew.", minute(s.GetCreateTime()))
	a.showSearch(s)
	return nil
}

func showSearch(ctx context.Context, a *app, conn grpc.ClientConnInterface, name string, opts ...grpc.CallOption) (proto.Message, func(), error) {
	s, err := registerv1.NewSearchServiceClient(conn).GetSearch(ctx, &registerv1.GetSearchRequest{Name: name}, opts...)
	if err == nil {
		err = checkOutcome(s)
	}
	return s, func() {
		a.say("Search of %s, shown as it was found then.", minute(s.GetCreateTime()))
		a.showSearch(s)
	}, err
}

func showDetail(ctx context.Context, a *app, conn grpc.ClientConnInterface, name string, opts ...grpc.CallOption) (proto.Message, func(), error) {
	d, err := registerv1.NewSearchServiceClient(conn).GetCandidate(ctx, &registerv1.GetCandidateRequest{Name: name}, opts...)
	return d, func() { a.showDetail(d) }, err
}

func showNominal(ctx context.Context, a *app, conn grpc.ClientConnInterface, name string, opts ...grpc.CallOption) (proto.Message, func(), error) {
	n, err := registerv1.NewNominalServiceClient(conn).GetNominal(ctx, &registerv1.GetNominalRequest{Name: name}, opts...)
	return n, func() { a.showNominal(n) }, err
}

func showCourse(ctx context.Context, a *app, conn grpc.ClientConnInterface, name string, opts ...grpc.CallOption) (proto.Message, func(), error) {
	c, err := registerv1.NewConductServiceClient(conn).GetCourse(ctx, &registerv1.GetCourseRequest{Name: name}, opts...)
	return c, func() {
		a.showCourses([]*registerv1.CourseOfConduct{c})
		a.showIncidents([]*registerv1.CourseOfConduct{c})
	}, err
}

func showLink(ctx context.Context, a *app, conn grpc.ClientConnInterface, name string, opts ...grpc.CallOption) (proto.Message, func(), error) {
	l, err := registerv1.NewLinkServiceClient(conn).GetLink(ctx, &registerv1.GetLinkRequest{Name: name}, opts...)
	return l, func() { a.showLink(l) }, err
}

func showForce(ctx context.Context, a *app, conn grpc.ClientConnInterface, name string, opts ...grpc.CallOption) (proto.Message, func(), error) {
	f, err := registerv1.NewDirectoryServiceClient(conn).GetForce(ctx, &registerv1.GetForceRequest{Name: name}, opts...)
	return f, func() {
		a.table([]string{"force", f.GetCode() + " " + f.GetTitle()}, [][]string{{"ask", contact(f.GetContact())}})
	}, err
}
