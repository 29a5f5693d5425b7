package apitest

import (
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	pb "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/accesslog"
)

const registerRecords = "RegistrationService.RegisterRecords"

// streamedCases stand in the table for the RPC that takes a stream: the tests
// of this file and the roles test run them.
func streamedCases() []apiCase {
	return []apiCase{
		{name: "records good and bad", method: registerRecords, who: "system-33"},
		{name: "records by PSD", method: registerRecords, who: "psd-33", code: codes.PermissionDenied, reason: "NOT_ALLOWED"},
	}
}

func record(sequence int64, m proto.Message) *pb.RegisterRecordsRequest {
	out := &pb.RegisterRecordsRequest{Sequence: sequence}
	switch m := m.(type) {
	case *pb.RegisterNominalRequest:
		out.Record = &pb.RegisterRecordsRequest_Nominal{Nominal: m}
	case *pb.RegisterCourseRequest:
		out.Record = &pb.RegisterRecordsRequest_Course{Course: m}
	}
	return out
}

// TestStream sends good and bad records, and those that depend on one another,
// over every transport.
func TestStream(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	t.Run("broken lines", func(t *testing.T) { brokenLines(t, w) })
	for _, c := range []struct {
		who string
		via transport
	}{{"system-33", overMTLS}, {"system-33", overREST}, {"spoc-33", overMTLS}, {"spoc-33", overToken}, {"spoc-33", overREST}} {
		tag := c.who + string(c.via)
		bySource := func(reference string) *pb.RegisterCourseRequest {
			r := course("33", "", reference, 1)
			r.NominalSource = &pb.SourceKey{System: "crime", Reference: "N-" + tag}
			return r
		}
		faulty := nominal("33", tag, "F-"+tag, 1)
		faulty.Nominal.Names, faulty.Nominal.Ethnicity = nil, "QQ"
		told := bySource("T-" + tag)
		told.Course.Summary = "Vesna Harcastle was followed."
		changed := nominal("33", tag, "N-"+tag, 3)
		changed.Nominal.Sex = pb.Sex_SEX_NOT_STATED
		misnamed := record(-2, nominal("33", tag+"c", "O-"+tag, 1))
		misnamed.Load = "the load of Monday"
		sent := []proto.Message{
			record(1, nominal("33", tag, "N-"+tag, 3)),
			record(2, bySource("C-"+tag)), // of the nominal just before
			record(3, faulty),
			record(4, nominal("10", tag, "N-"+tag, 3)), // another force's
			record(5, nil),
			record(6, told),
			record(7, nominal("33", tag, "N-"+tag, 2)), // older
			record(8, changed),                         // the revision again
			record(9, nominal("33", tag, "N-"+tag, 3)), // a retry
			record(10, nominal("33", tag+"b", "M-"+tag, 1)),
			record(11, bySource("C-"+tag)), // a retry
			record(-1, nominal("33", tag+"c", "O-"+tag, 1)),
			misnamed,
		}
		want := []string{
			"1 CREATED", "2 CREATED", "3 INVALID_ARGUMENT INVALID_FIELDS nominal.ethnicity nominal.names", "4 PERMISSION_DENIED OTHER_FORCE",
			"5 INVALID_ARGUMENT INVALID_FIELDS record", "6 INVALID_ARGUMENT VICTIM_IN_TEXT course.summary",
			"7 ABORTED STALE_REVISION", "8 ABORTED REVISION_REUSED", "9 UNCHANGED", "10 CREATED", "11 UNCHANGED", "-1 INVALID_ARGUMENT INVALID_FIELDS sequence",
			"-2 INVALID_ARGUMENT INVALID_FIELDS load sequence",
		}
		a := w.call(t.Context(), c.via, c.who, registerRecords, sent...)
		if a.err != nil {
			t.Errorf("%s %s: %v", c.who, c.via, a.err)
			continue
		}
		var got []string
		for _, m := range a.responses {
			got = append(got, shortAnswer(t, m.(*pb.RegisterRecordsResponse)))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s %s: answers\n%s\nwant\n%s", c.who, c.via, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		var made runs
		made.note(t, w, a, c.who, registerRecords, c.via, codes.OK)
		checkRecordReceipts(t, w, c.who, a.responses, made.all)
	}
}

// shortAnswer is an answer in one line, without what differs from run to run.
func shortAnswer(t *testing.T, m *pb.RegisterRecordsResponse) string {
	t.Helper()
	number := itoa(m.GetSequence())
	switch r := m.GetResult().(type) {
	case *pb.RegisterRecordsResponse_Nominal:
		return number + " " + strings.TrimPrefix(r.Nominal.GetOutcome().String(), "REGISTER_OUTCOME_")
	case *pb.RegisterRecordsResponse_Course:
		return number + " " + strings.TrimPrefix(r.Course.GetOutcome().String(), "REGISTER_OUTCOME_")
	}
	parts := []string{number, m.GetError().GetStatus(), m.GetError().GetReason()}
	var fields []string
	for _, v := range m.GetError().GetViolations() {
		fields = append(fields, v.GetField())
	}
	slices.Sort(fields)
	return strings.Join(append(parts, slices.Compact(fields)...), " ")
}

// checkRecordReceipts proves that every record has an entry of its own, which
// the checkpoint at the stream's end covers.
func checkRecordReceipts(t *testing.T, w *world, who string, answers []proto.Message, stream []logged) {
	t.Helper()
	if len(stream) != 1 {
		t.Error("the stream has no receipt")
		return
	}
	entries := readLog(t, w, "psd-33", "forces/33")
	seen := map[int64]bool{}
	for _, m := range answers {
		r := m.(*pb.RegisterRecordsResponse)
		index, leaf := readShortReceipt(t, r.GetReceipt())
		e := entries[index]
		outcome := "OK"
		if r.GetError() != nil {
			outcome = r.GetError().GetStatus()
		}
		if e == nil || seen[index] || index >= stream[0].checkpoint.Tree.N || string(e.GetLeafHash()) != string(leaf[:]) ||
			e.GetOutcome() != outcome || e.GetSubject() != w.subject(t, who) || e.GetMethod() != registerRecords {
			t.Errorf("record %d: entry %d of the log is %v", r.GetSequence(), index, e)
		}
		seen[index] = true
		if meta, err := accesslog.ParseMetadata(e.GetMetadata()); err != nil || (meta.Decision.Effect == accesslog.Deny) != (outcome == "PERMISSION_DENIED") {
			t.Errorf("record %d: its entry says %s: %v", r.GetSequence(), e.GetMetadata(), err)
		}
	}
}

// brokenLines sends lines that are no record of the contract: each is
// answered, and the next good one is registered.
func brokenLines(t *testing.T, w *world) {
	good := func(n string) string { return jsonOf(t, record(1, nominal("33", "broken"+n, "B-"+n, 1))) }
	a, raw := rawREST(t.Context(), w.clients[""], "POST", w.replica.REST()+"/v1/records:register", "Bearer "+w.token("spoc-33", false),
		[]byte(good("1")+"\n"+`{"sequence":"7","nominal":{"parent":"forces/33","surprise":1}}`+"\n"+good("2")+"\n"+`{"sequence":8,"nominal":"x"}`+"\nno JSON at all\n\n"+good("3")+"\n{\"sequence\":9,"))
	if a.err != nil {
		t.Fatal(a.err)
	}
	answers, err := readLines(raw, w.methods[registerRecords])
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range answers {
		got = append(got, shortAnswer(t, m.(*pb.RegisterRecordsResponse)))
	}
	want := []string{
		"1 CREATED", "7 INVALID_ARGUMENT INVALID_FIELDS record", "1 CREATED", "8 INVALID_ARGUMENT INVALID_FIELDS record",
		"0 INVALID_ARGUMENT INVALID_FIELDS record", "1 CREATED", "0 INVALID_ARGUMENT INVALID_FIELDS record",
	}
	if !slices.Equal(got, want) {
		t.Errorf("answers\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
