package leaktest

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/accesslog"
	"github.com/perpetrator-register/register/internal/servertest"
)

// woman is a victim by her name and date of birth.
func woman(given, surname string, number int32) *registerv1.Victim {
	return &registerv1.Victim{Names: []*registerv1.PersonName{{Given: given, Surname: surname}}, BirthDate: born(number)}
}

// officer is a stalker who serves in force 33, with every role that a man may
// have, and what he sees of all his calls in turn.
type officer struct {
	*register
	token string
	seen  []string
}

// sees notes what an answer shows him, without what no two answers have in common.
func (o *officer) sees(t *testing.T, what string, m proto.Message, header, trailer metadata.MD) {
	t.Helper()
	plain := proto.Clone(m)
	withoutNames(plain.ProtoReflect())
	// The provider of sign-ins listens on a port of its own in each register.
	text := regexp.MustCompile(`127\.0\.0\.1:\d+`).ReplaceAllString(strings.Join(strings.Fields(protojson.Format(plain)), " "), "")
	receipt := ""
	if raw := trailer.Get(accesslog.ReceiptKey); len(raw) > 0 {
		r, err := accesslog.ParseReceipt(raw[0])
		must(t, err)
		receipt = fmt.Sprint(r.Index)
	}
	o.seen = append(o.seen, fmt.Sprintf("%s: %s, %d bytes, entry %s, %v", what, text, proto.Size(plain), receipt, slices.Sorted(maps.Keys(metadata.Join(header, trailer)))))
}

// withoutNames takes names and times away: they are the register's own. A page
// token stays, but for its seal: what place it names he can read.
func withoutNames(m protoreflect.Message) {
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		_, stamp := v.Interface().(protoreflect.Message)
		switch {
		case strings.HasSuffix(string(f.Name()), "page_token"):
			place, _, _ := strings.Cut(v.String(), ".")
			m.Set(f, protoreflect.ValueOfString(place))
		case stamp && f.Message().FullName() == (&timestamppb.Timestamp{}).ProtoReflect().Descriptor().FullName():
			m.Clear(f)
		case f.IsList() && f.Message() != nil:
			for i := range v.List().Len() {
				withoutNames(v.List().Get(i).Message())
			}
		case f.IsList() && f.Kind() == protoreflect.StringKind:
			for i := range v.List().Len() {
				v.List().Set(i, protoreflect.ValueOfString(withoutID(v.List().Get(i).String())))
			}
		case f.Message() != nil && !f.IsMap() && !f.IsList():
			withoutNames(v.Message())
		case f.Kind() == protoreflect.StringKind && !f.IsList():
			m.Set(f, protoreflect.ValueOfString(withoutID(v.String())))
		}
		return true
	})
}

// withoutID leaves a resource name its kind and force.
func withoutID(name string) string {
	parts := strings.Split(name, "/")
	for i, p := range parts {
		if len(p) == 36 && strings.Count(p, "-") == 4 {
			parts[i] = "…"
		}
	}
	return strings.Join(parts, "/")
}

func (o *officer) registers(t *testing.T, nominal, reference string, victim *registerv1.Victim) {
	t.Helper()
	req := checkedCourse(nominal)
	req.Course.Source.Reference, req.Course.Victim = reference, victim
	var header, trailer metadata.MD
	m, err := registerv1.NewConductServiceClient(o.conn).RegisterCourse(o.ctx(t), req, grpc.Header(&header), grpc.Trailer(&trailer))
	must(t, err)
	o.sees(t, "registering "+reference, m, header, trailer)
	again, err := registerv1.NewConductServiceClient(o.conn).RegisterCourse(o.ctx(t), req, grpc.Header(&header), grpc.Trailer(&trailer))
	must(t, err)
	o.sees(t, "registering it again", again, header, trailer)
	got, err := registerv1.NewConductServiceClient(o.conn).GetCourse(o.ctx(t), &registerv1.GetCourseRequest{Name: m.GetName()}, grpc.Header(&header), grpc.Trailer(&trailer))
	must(t, err)
	o.sees(t, "the course", got, header, trailer)
}

func (o *officer) ctx(t *testing.T) context.Context {
	t.Helper()
	return servertest.WithToken(t.Context(), o.token)
}

// looks looks wherever he may.
func (o *officer) looks(t *testing.T, nominal string) {
	t.Helper()
	ctx := o.ctx(t)
	var header, trailer metadata.MD
	opts := []grpc.CallOption{grpc.Header(&header), grpc.Trailer(&trailer)}
	look := func(what string, m proto.Message, err error) {
		must(t, err)
		o.sees(t, what, m, header, trailer)
	}
	alerts := registerv1.NewAlertServiceClient(o.conn)
	m, err := alerts.ListAlerts(ctx, &registerv1.ListAlertsRequest{Parent: "forces/33"}, opts...)
	look("alerts", m, err)
	m, err = alerts.ListAlerts(ctx, &registerv1.ListAlertsRequest{Parent: "forces/33", Open: true, PageSize: 1}, opts...)
	look("open alerts", m, err)
	stream, err := alerts.WatchAlerts(ctx, &registerv1.WatchAlertsRequest{Parent: "forces/33", Once: true})
	must(t, err)
	for {
		one, err := stream.Recv()
		if err != nil {
			break // the end
		}
		o.sees(t, "streamed", one, nil, nil)
	}
	retractions, err := alerts.ListRetractions(ctx, &registerv1.ListRetractionsRequest{}, opts...)
	look("retractions", retractions, err)
	courses, err := registerv1.NewConductServiceClient(o.conn).ListCourses(ctx, &registerv1.ListCoursesRequest{Parent: nominal}, opts...)
	look("courses", courses, err)
	self, err := registerv1.NewDirectoryServiceClient(o.conn).GetSelf(ctx, &registerv1.GetSelfRequest{}, opts...)
	look("himself", self, err)
	for _, asked := range []*registerv1.CreateSearchRequest{asked("Alban", "Keswamere", 1960), asked("Ottoline", "Quarlesworth", 1984)} {
		found, err := registerv1.NewSearchServiceClient(o.conn).CreateSearch(ctx, asked, opts...)
		look("a search", found, err)
		for _, candidate := range found.GetCandidates() {
			detail, err := registerv1.NewSearchServiceClient(o.conn).GetCandidate(ctx, &registerv1.GetCandidateRequest{Name: candidate.GetName()}, opts...)
			look("the detail", detail, err)
		}
	}
}

// kindsFor are the kinds of a force's alerts that an account is shown.
func (r *register) kindsFor(t *testing.T, account string) (out []string) {
	t.Helper()
	list, err := registerv1.NewAlertServiceClient(r.conn).ListAlerts(r.site.As(t.Context(), account), &registerv1.ListAlertsRequest{Parent: "forces/" + account[len(account)-2:]})
	must(t, err)
	for _, a := range list.GetAlerts() {
		out = append(out, strings.TrimPrefix(a.GetKind().String(), "ALERT_KIND_"))
	}
	return out
}

// A stalker who is an officer registers sham incidents, to find out whether a
// woman has reported him elsewhere: one that names her as the victim of another,
// and one in which she is the suspect and he the victim, each with the question what the
// register knows. Byte for byte he sees the
// same as if she had not; the single points of contact of both forces and
// professional standards know.
func TestShamReport(t *testing.T) {
	t.Parallel()
	var seen [2][]string
	for i, reported := range []bool{true, false} {
		r := newRegister(t)
		his := person("reported", "Denzil", "Ottlethorpe", 1971)
		his.Parent = "forces/10"
		n, err := registerv1.NewNominalServiceClient(r.conn).RegisterNominal(r.site.As(t.Context(), "investigator-10"), his)
		must(t, err)
		report := sampleCourse(n.GetName())
		report.Parent = "forces/10"
		report.Course.Victim = woman("Ottoline", "Quarlesworth", 1984)
		if !reported { // somebody else has
			report.Course.Victim = woman("Winifred", "Brackenbury", 1992)
		}
		_, err = registerv1.NewConductServiceClient(r.conn).RegisterCourse(r.site.As(t.Context(), "investigator-10"), report)
		must(t, err)

		o := &officer{register: r, token: r.site.Token("investigator-33", map[string]any{"roles": []string{"investigator", "spoc", "supervisor"}})}
		other := r.add(t, o.token, person("sham-1", "Alban", "Keswamere", 1960)).GetName()
		o.looks(t, other)
		o.registers(t, other, "sham-course-1", woman("Ottoline", "Quarlesworth", 1984))
		o.looks(t, other)
		her := r.add(t, o.token, person("sham-2", "Ottoline", "Quarlesworth", 1984)).GetName()
		o.registers(t, her, "sham-course-2", woman("Denzil", "Ottlethorpe", 1971))
		o.looks(t, her)
		seen[i] = o.seen

		want := map[string][]string{"spoc-33": nil, "spoc-10": nil, "supervisor-33": nil, "supervisor-10": nil, "psd-33": nil, "psd-10": nil}
		if reported {
			want["spoc-33"] = []string{"VICTIM_MATCH", "COUNTER_ALLEGATION"}
			want["spoc-10"] = want["spoc-33"]
			want["supervisor-33"] = []string{"COUNTER_ALLEGATION"}
			want["supervisor-10"] = want["supervisor-33"]
			want["psd-33"] = []string{"VICTIM_PROBE", "COUNTER_ALLEGATION"}
		}
		for account, kinds := range want {
			if got := r.kindsFor(t, account); !slices.Equal(got, kinds) {
				t.Errorf("reported %t: %s is alerted to %v, want %v", reported, account, got, kinds)
			}
		}
	}
	if len(seen[0]) != len(seen[1]) || len(seen[0]) < 20 {
		t.Errorf("he sees %d answers, and %d when nobody reported him", len(seen[0]), len(seen[1]))
	}
	for i := range min(len(seen[0]), len(seen[1])) {
		if seen[0][i] != seen[1][i] {
			t.Errorf("he is told:\n%s\n%s", seen[0][i], seen[1][i])
		}
	}
}
