package leaktest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/accesslog"
	"github.com/perpetrator-register/register/internal/servertest"
)

// register is one register of a pair that is compared: the same, but for the
// SILENT records in one of them.
type register struct {
	*leaks
	conn *grpc.ClientConn
}

func newRegister(t *testing.T) *register {
	t.Helper()
	site := servertest.NewSite(t, slog.New(slog.DiscardHandler))
	r := &register{leaks: &leaks{site: site, methods: methods(t)}, conn: site.Start(nil).Dial("")}
	return r
}

// born gives each number below 33,600 a date of its own.
func born(number int32) *registerv1.PartialDate {
	return &registerv1.PartialDate{Year: 1900 + number%100, Month: 1 + number/100%12, Day: 1 + number/1200%28}
}

func person(reference, given, surname string, number int32) *registerv1.RegisterNominalRequest {
	return &registerv1.RegisterNominalRequest{Parent: "forces/33", Nominal: &registerv1.Nominal{
		Source: &registerv1.SourceKey{System: "niche", Reference: reference, Revision: 1},
		Names:  []*registerv1.PersonName{{Given: given, Surname: surname}}, BirthDates: []*registerv1.PartialDate{born(number)},
		Identifiers: []*registerv1.Identifier{{Kind: registerv1.IdentifierKind_IDENTIFIER_KIND_EMAIL, Value: given + "@mail.example"}},
	}}
}

func (r *register) add(t *testing.T, token string, req *registerv1.RegisterNominalRequest) *registerv1.RegisterNominalResponse {
	t.Helper()
	n, err := registerv1.NewNominalServiceClient(r.conn).RegisterNominal(servertest.WithToken(t.Context(), token), req)
	must(t, err)
	return n
}

// psdToken is that of an officer of professional standards who may register.
func (r *register) psdToken() string {
	return r.site.Token("psd-33", map[string]any{"roles": []string{"psd", "investigator"}})
}

func asked(given, surname string, number int32) *registerv1.CreateSearchRequest {
	return &registerv1.CreateSearchRequest{Search: &registerv1.Search{
		Reason: "CRIME_INVESTIGATION", Reference: "33/1234/26",
		Criteria: &registerv1.SearchCriteria{
			Names: []*registerv1.PersonName{{Given: given, Surname: surname}}, BirthDate: born(number),
		},
	}}
}

// shown is what a caller can see of an answer, without what no two answers
// have in common.
type shown struct {
	message []byte
	json    string
	receipt []string
}

// search searches and returns what the caller sees, and the log index.
func (r *register) search(t *testing.T, account string, req *registerv1.CreateSearchRequest) (shown, int64) {
	t.Helper()
	var header, trailer metadata.MD
	found, err := registerv1.NewSearchServiceClient(r.conn).CreateSearch(r.site.As(t.Context(), account), req, grpc.Header(&header), grpc.Trailer(&trailer))
	must(t, err)
	if len(found.GetName()) != len("searches/")+36 || found.GetExpireTime().AsTime().Sub(found.GetCreateTime().AsTime()) != 8*time.Hour {
		t.Errorf("name %q, from %v until %v", found.GetName(), found.GetCreateTime(), found.GetExpireTime())
	}
	for i, c := range found.GetCandidates() {
		if c.GetName() != fmt.Sprintf("%s/candidates/%d", found.GetName(), i+1) {
			t.Errorf("candidate %q", c.GetName())
		}
		c.Name = ""
	}
	found.Name, found.CreateTime, found.ExpireTime = "", timestamppb.New(time.Unix(0, 0)), nil
	receipt, err := accesslog.ParseReceipt(trailer.Get(accesslog.ReceiptKey)[0])
	must(t, err)
	message, err := proto.MarshalOptions{Deterministic: true}.Marshal(found)
	must(t, err)
	var compact bytes.Buffer // protojson varies its spaces on purpose
	must(t, json.Compact(&compact, []byte(protojson.Format(found))))
	return shown{message: message, json: compact.String(), receipt: slices.Sorted(maps.Keys(metadata.Join(header, trailer)))}, receipt.Index
}

func same(t *testing.T, what string, with, without shown) {
	t.Helper()
	if !bytes.Equal(with.message, without.message) || with.json != without.json {
		t.Errorf("%s is told from no record:\n with    %s\n without %s", what, with.json, without.json)
	}
	if !slices.Equal(with.receipt, without.receipt) {
		t.Errorf("%s is told by headers: %v, %v", what, with.receipt, without.receipt)
	}
}

// entry is what PSD of a force sees of an entry, without what no two have in
// common.
func (r *register) entry(t *testing.T, account, force string, index int64) (keys, values string) {
	t.Helper()
	list, err := registerv1.NewAccessLogServiceClient(r.conn).ListEntries(r.site.As(t.Context(), account), &registerv1.ListEntriesRequest{
		Parent: "forces/" + force, Purpose: registerv1.LogPurpose_LOG_PURPOSE_LAWFULNESS, Reference: "review 7", Method: "SearchService.CreateSearch",
	})
	must(t, err)
	for _, e := range list.GetEntries() {
		if e.GetIndex() != index {
			continue
		}
		var all map[string]any
		must(t, json.Unmarshal(e.GetMetadata(), &all))
		keys = fmt.Sprint(slices.Sorted(maps.Keys(all)), len(e.GetMetadata()))
		results, _ := all["results"].([]any)
		all["results"] = len(results) // the ids are the register's own
		for _, own := range []string{"id", "time", "terms", "body_hash", "reference_hmac", "actor", "trace"} {
			delete(all, own)
		}
		raw, err := json.Marshal(all)
		must(t, err)
		return keys, string(raw) + fmt.Sprint(e.GetResultCount(), e.GetReason(), e.GetOutcome())
	}
	t.Fatalf("entry %d is not listed", index)
	return "", ""
}

// A SILENT record is no record to everybody but the professional standards
// department of its force.
func TestSilentIsNoRecord(t *testing.T) {
	t.Parallel()
	with, without := newRegister(t), newRegister(t)
	// Whoever registers is nobody of those who look below.
	system := func(r *register) string { return r.site.Token("spoc-33", map[string]any{"sub": "registrant-33"}) }
	var visible string
	for _, r := range []*register{with, without} {
		// The same people in both, with parts of the silent ones' names.
		for i, surname := range []string{"Ottlethorpe", "Keswamere", "Brackenshaw", "Ottlethorpe"} {
			visible = r.add(t, system(r), person(fmt.Sprint("seen-", i), []string{"Alban", "Corwin", "Lambert", "Denzil"}[i], surname, int32(1960+i))).GetName()
		}
	}
	silent := person("hidden-1", "Lambert", "Ottlethorpe", 1971)
	silent.Nominal.Restriction = registerv1.Restriction_RESTRICTION_SILENT
	byPSD := with.add(t, with.psdToken(), silent).GetName()
	alone := person("hidden-3", "Quillon", "Zandervoort", 1984)
	alone.Nominal.Restriction = registerv1.Restriction_RESTRICTION_SILENT
	with.add(t, with.psdToken(), alone)
	later := with.add(t, system(with), person("hidden-2", "Corwin", "Brackenshaw", 1975)).GetName()
	coursed, err := registerv1.NewConductServiceClient(with.conn).RegisterCourse(with.site.As(t.Context(), "investigator-33"), sampleCourse(later))
	must(t, err)
	_, err = registerv1.NewNominalServiceClient(with.conn).RestrictNominal(with.site.As(t.Context(), "psd-33"), &registerv1.RestrictNominalRequest{
		Name: later, Restriction: registerv1.Restriction_RESTRICTION_SILENT, Explanation: "an inquiry under way",
	})
	must(t, err)

	email := &registerv1.CreateSearchRequest{Search: &registerv1.Search{
		Reason: "CRIME_INVESTIGATION", Reference: "33/1234/26", Criteria: &registerv1.SearchCriteria{Emails: []string{"Lambert@mail.example"}},
	}}
	byEmail := proto.Clone(email).(*registerv1.CreateSearchRequest) //nolint:forcetypeassert // a clone
	byEmail.Search.Criteria.Emails = []string{"Nobody@mail.example"}
	searches := map[string]*registerv1.CreateSearchRequest{
		"a search for the one that PSD registered":     asked("Lambert", "Ottlethorpe", 1971),
		"a search for the one restricted later":        asked("Corwin", "Brackenshaw", 1975),
		"a search for a misspelt one":                  asked("Lambart", "Otlethorp", 1971),
		"a search for a visible namesake":              asked("Alban", "Ottlethorpe", 1960),
		"a search for a person with half of a name":    asked("Lambert", "Brackenshaw", 1962),
		"a search for one whom nobody resembles":       asked("Quillon", "Zandervoort", 1984),
		"a search for someone else":                    asked("Jocelyn", "Quarlesworth", 1980),
		"a search by an address that a visible shares": email,
		"a search by an address of nobody":             byEmail,
	}
	for _, account := range []string{"investigator-10", "investigator-33", "control_room-43", "supervisor-33"} {
		force := account[len(account)-2:]
		for what, req := range searches {
			one, at := with.search(t, account, req)
			other, otherAt := without.search(t, account, req)
			same(t, what+" by "+account, one, other)
			keys, values := with.entry(t, "psd-"+force, force, at)
			otherKeys, otherValues := without.entry(t, "psd-"+force, force, otherAt)
			if keys != otherKeys || values != otherValues {
				t.Errorf("%s by %s is told in the log of his force:\n%s %s\n%s %s", what, account, keys, values, otherKeys, otherValues)
			}
		}
	}
	tellsNothing(t, with, byPSD, later, coursed.GetName())
	with.listsAlike(t, without)
	ownerSees(t, with, byPSD, visible)

	// Whoever registers under the same key learns nothing.
	for _, r := range []*register{with, without} {
		got := r.add(t, system(r), person("hidden-1", "Someone", "Elsewhere", 1990))
		if got.GetOutcome() != registerv1.RegisterOutcome_REGISTER_OUTCOME_CREATED || got.GetVersion() != 1 || got.GetName() == byPSD {
			t.Errorf("a registration under the key of a silent record: %v", got)
		}
	}
	// The force's own system goes on with a record that has become silent as
	// with any other, and does not lift the restriction.
	again := with.add(t, system(with), person("hidden-2", "Corwin", "Brackenshaw", 1975))
	if again.GetOutcome() != registerv1.RegisterOutcome_REGISTER_OUTCOME_UNCHANGED || again.GetName() != later {
		t.Errorf("the same revision again: %v", again)
	}
	next := person("hidden-2", "Corwin", "Brackenshaw", 1975)
	next.Nominal.Source.Revision = 2
	if got := with.add(t, system(with), next); got.GetOutcome() != registerv1.RegisterOutcome_REGISTER_OUTCOME_UPDATED {
		t.Errorf("the next revision: %v", got)
	}
	one, _ := with.search(t, "investigator-10", asked("Corwin", "Brackenshaw", 1975))
	other, _ := without.search(t, "investigator-10", asked("Corwin", "Brackenshaw", 1975))
	same(t, "a search after the next revision", one, other)
}

// tellsNothing compares what is answered about silent records with what is
// answered about none.
func tellsNothing(t *testing.T, r *register, byPSD, later, course string) {
	t.Helper()
	nominals, courses := registerv1.NewNominalServiceClient(r.conn), registerv1.NewConductServiceClient(r.conn)
	const none = "01a1ffb5-2af2-7e6b-85fd-edceae2f04ba"
	calls := map[string]func(ctx context.Context, name, course string) error{
		"GetNominal": func(ctx context.Context, name, _ string) error {
			_, err := nominals.GetNominal(ctx, &registerv1.GetNominalRequest{Name: name})
			return err
		},
		"CancelNominal": func(ctx context.Context, name, _ string) error {
			_, err := nominals.CancelNominal(ctx, &registerv1.CancelNominalRequest{Name: name, Reason: registerv1.CancelReason_CANCEL_REASON_DUPLICATE})
			return err
		},
		"RestrictNominal": func(ctx context.Context, name, _ string) error {
			_, err := nominals.RestrictNominal(ctx, &registerv1.RestrictNominalRequest{Name: name, Explanation: "lift it, please"})
			return err
		},
		"EraseNominal": func(ctx context.Context, name, _ string) error {
			_, err := nominals.EraseNominal(ctx, &registerv1.EraseNominalRequest{Name: name, Ground: registerv1.ErasureGround_ERASURE_GROUND_ORDER, Reference: "order 7"})
			return err
		},
		"ListCourses": func(ctx context.Context, name, _ string) error {
			_, err := courses.ListCourses(ctx, &registerv1.ListCoursesRequest{Parent: name})
			return err
		},
		"RegisterCourse": func(ctx context.Context, name, _ string) error {
			_, err := courses.RegisterCourse(ctx, sampleCourse(name))
			return err
		},
		"GetCourse": func(ctx context.Context, _, course string) error {
			_, err := courses.GetCourse(ctx, &registerv1.GetCourseRequest{Name: course})
			return err
		},
		"CancelCourse": func(ctx context.Context, _, course string) error {
			_, err := courses.CancelCourse(ctx, &registerv1.CancelCourseRequest{Name: course, Reason: registerv1.CancelReason_CANCEL_REASON_DUPLICATE})
			return err
		},
		"EraseCourse": func(ctx context.Context, _, course string) error {
			_, err := courses.EraseCourse(ctx, &registerv1.EraseCourseRequest{Name: course, Ground: registerv1.ErasureGround_ERASURE_GROUND_ORDER, Reference: "order 7"})
			return err
		},
	}
	for _, account := range []string{"investigator-33", "spoc-33", "supervisor-33", "dpo-33", "psd-10", "investigator-10"} {
		ctx := r.site.As(t.Context(), account)
		for what, do := range calls {
			for _, name := range []string{byPSD, later} {
				got, want := do(ctx, name, course), do(ctx, "forces/33/nominals/"+none, "forces/33/courses/"+none)
				if got == nil || !proto.Equal(status.Convert(got).Proto(), status.Convert(want).Proto()) {
					t.Errorf("%s by %s: %v of a silent record, %v of none", what, account, got, want)
				}
			}
		}
	}
	if err := calls["GetNominal"](r.site.As(t.Context(), "psd-33"), byPSD, ""); err != nil {
		t.Errorf("the owner's PSD: %v", err)
	}
}

// listsAlike compares the force's list of its records, page by page.
func (r *register) listsAlike(t *testing.T, other *register) {
	t.Helper()
	pages := func(r *register, size int32) (out []string) {
		req := &registerv1.ListNominalsRequest{Parent: "forces/33", PageSize: size}
		for {
			page, err := registerv1.NewNominalServiceClient(r.conn).ListNominals(r.site.As(t.Context(), "spoc-33"), req)
			must(t, err)
			text := ""
			for _, n := range page.GetNominals() {
				text += n.GetSource().GetReference() + " "
			}
			out = append(out, fmt.Sprint(text, len(page.GetNextPageToken())))
			if req.PageToken = page.GetNextPageToken(); req.GetPageToken() == "" {
				return out
			}
		}
	}
	for _, size := range []int32{1, 2, 3, 4, 5, 100} {
		if a, b := pages(r, size), pages(other, size); !slices.Equal(a, b) {
			t.Errorf("in pages of %d: %v with silent records, %v without", size, a, b)
		}
	}
}

// ownerSees checks that PSD of the owner force, and no other, is told who met
// a silent record.
func ownerSees(t *testing.T, r *register, silent, visible string) {
	t.Helper()
	entries := registerv1.NewAccessLogServiceClient(r.conn)
	ask := func(account, parent string, record string) (subjects map[string]int, err error) {
		list, err := entries.ListEntries(r.site.As(t.Context(), account), &registerv1.ListEntriesRequest{
			Parent: parent, Purpose: registerv1.LogPurpose_LOG_PURPOSE_SELF_MONITORING, Reference: "review 7", Record: record, PageSize: 500,
			Method: "SearchService.CreateSearch",
		})
		subjects = map[string]int{}
		for _, e := range list.GetEntries() {
			subjects[e.GetForce()]++
		}
		return subjects, err
	}
	got, err := ask("psd-33", "forces/33", silent)
	if err != nil || got["forces/10"] == 0 || got["forces/33"] == 0 || got["forces/43"] == 0 {
		t.Errorf("the owner's PSD sees who met its silent record: %v, %v", got, err)
	}
	if seen, err := ask("psd-33", "forces/33", visible); err != nil {
		t.Errorf("a visible record: %v, %v", seen, err)
	}
	for _, account := range []string{"psd-10", "investigator-33", "dpo-33"} {
		if got, err := ask(account, "forces/33", silent); err == nil {
			t.Errorf("%s sees who met it: %v", account, got)
		}
	}
	if got, err := ask("psd-10", "forces/10", silent); err == nil && len(got) > 0 {
		t.Errorf("PSD of another force sees who met it: %v", got)
	}
}
