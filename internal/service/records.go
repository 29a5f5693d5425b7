package service

import (
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"sync"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/accesslog"
	"github.com/perpetrator-register/register/internal/call"
)

// Records implements register.v1.RegistrationService.
type Records struct {
	registerv1.UnimplementedRegistrationServiceServer
	*Deps
	// These register the single records.
	Nominals    *Nominals
	Courses     *Courses
	Measures    *Measures
	Assessments *Assessments

	open openStreams
}

// maxRun bounds how many records of a stream are registered side by side. Each
// run is about one batch of the log, which searches must wait for: more than
// this many make an import no faster, and searches during it slower.
const maxRun = 32

// maxWorking bounds how many records of a stream are worked on at one moment;
// the others of a run wait for the log together. A search between them need not
// stand in line behind a whole run for a processor.
const maxWorking = 2

// Limits of streams of records. Each holds two runs of records in memory.
const (
	recordsEach    = 8         // streams of one caller
	recordsLongest = time.Hour // then the sender opens another
)

// loadName is what the name of a load of history may be.
var loadName = regexp.MustCompile("^[A-Za-z0-9._-]{1,64}$")

// RegisterRecords implements the RPC. Records are taken in runs: consecutive
// records of one kind, of different suspects, with different source keys are registered side by side
// and share the log's batches; a record that may depend on one before it
// begins the next run. Answers keep the order of the records.
func (s *Records) RegisterRecords(stream registerv1.RegistrationService_RegisterRecordsServer) error {
	c := call.From(stream.Context())
	leave, ok := s.open.enter(call.Subject(c.Actor), recordsEach)
	if !ok {
		return NewProblem(codes.ResourceExhausted, ReasonTooManyRequests, "you have too many streams of records open: end one of them")
	}
	defer leave()
	ctx, cancel := context.WithTimeout(stream.Context(), recordsLongest)
	defer cancel()
	in := make(chan *registerv1.RegisterRecordsRequest, maxRun)
	received := make(chan error, 1)
	go func() {
		defer close(in)
		for {
			m, err := stream.Recv()
			if err != nil {
				received <- err
				return
			}
			select {
			case in <- m:
			case <-ctx.Done():
				received <- ctx.Err()
				return
			}
		}
	}()
	var held *registerv1.RegisterRecordsRequest
	for {
		var run []*registerv1.RegisterRecordsRequest
		run, held = nextRun(ctx, in, held)
		if ctx.Err() != nil && stream.Context().Err() == nil {
			return NewProblem(codes.Unavailable, ReasonUnavailable, "a stream of records lasts an hour at most: open another, and go on from the first record without an answer")
		}
		if len(run) == 0 {
			if err := <-received; !errors.Is(err, io.EOF) {
				return err
			}
			return nil
		}
		if err := c.Still(ctx); err != nil {
			return err // his last answer says how far he came
		}
		for _, answer := range s.registerRun(ctx, c, run) {
			if err := stream.Send(answer); err != nil {
				return err
			}
		}
	}
}

// nextRun waits for a record and takes those that are waiting behind it, as
// far as they can be registered side by side. held is the first that cannot.
func nextRun(ctx context.Context, in <-chan *registerv1.RegisterRecordsRequest, held *registerv1.RegisterRecordsRequest) (run []*registerv1.RegisterRecordsRequest, rest *registerv1.RegisterRecordsRequest) {
	seen := map[string]bool{}
	take := func(m *registerv1.RegisterRecordsRequest) bool {
		key, of := runKey(m), runSuspect(m)
		if seen[key] || of != "" && seen[of] || (len(run) > 0 && reflect.TypeOf(m.GetRecord()) != reflect.TypeOf(run[0].GetRecord())) {
			return false
		}
		seen[key] = true
		if of != "" {
			seen[of] = true
		}
		run = append(run, m)
		return true
	}
	if held == nil {
		select {
		case m, ok := <-in:
			if !ok {
				return nil, nil
			}
			held = m
		case <-ctx.Done():
			return nil, nil
		}
	}
	take(held)
	for len(run) < maxRun {
		select {
		case m, ok := <-in:
			if !ok {
				return run, nil
			}
			if !take(m) {
				return run, m
			}
		default:
			return run, nil
		}
	}
	return run, nil
}

func runKey(m *registerv1.RegisterRecordsRequest) string {
	source := sourceOf(m)
	return source.GetSystem() + "\x00" + source.GetReference()
}

// runSuspect tells the suspect of a record of conduct from others in its run: what
// is recorded of one person at the same moment would only get in each other's way,
// because all of it decides what becomes a duty.
func runSuspect(m *registerv1.RegisterRecordsRequest) string {
	var name string
	var source *registerv1.SourceKey
	switch r := m.GetRecord().(type) {
	case *registerv1.RegisterRecordsRequest_Course:
		name, source = r.Course.GetCourse().GetNominal(), r.Course.GetNominalSource()
	case *registerv1.RegisterRecordsRequest_Measure:
		name, source = r.Measure.GetMeasure().GetNominal(), r.Measure.GetNominalSource()
	case *registerv1.RegisterRecordsRequest_Breach:
		name, source = r.Breach.GetBreach().GetNominal(), r.Breach.GetNominalSource()
	case *registerv1.RegisterRecordsRequest_Assessment:
		name, source = r.Assessment.GetAssessment().GetNominal(), r.Assessment.GetNominalSource()
	case *registerv1.RegisterRecordsRequest_Plan:
		name, source = r.Plan.GetPlan().GetNominal(), r.Plan.GetNominalSource()
	}
	if name == "" && source == nil {
		return ""
	}
	return "of\x00" + name + "\x00" + source.GetSystem() + "\x00" + source.GetReference()
}

// sourceOf is the source key of a record of a stream.
func sourceOf(m *registerv1.RegisterRecordsRequest) *registerv1.SourceKey {
	switch r := m.GetRecord().(type) {
	case *registerv1.RegisterRecordsRequest_Course:
		return r.Course.GetCourse().GetSource()
	case *registerv1.RegisterRecordsRequest_Measure:
		return r.Measure.GetMeasure().GetSource()
	case *registerv1.RegisterRecordsRequest_Breach:
		return r.Breach.GetBreach().GetSource()
	case *registerv1.RegisterRecordsRequest_Assessment:
		return r.Assessment.GetAssessment().GetSource()
	case *registerv1.RegisterRecordsRequest_Plan:
		return r.Plan.GetPlan().GetSource()
	}
	return m.GetNominal().GetNominal().GetSource()
}

func (s *Records) registerRun(ctx context.Context, c *call.Call, run []*registerv1.RegisterRecordsRequest) []*registerv1.RegisterRecordsResponse {
	out := make([]*registerv1.RegisterRecordsResponse, len(run))
	var wg sync.WaitGroup
	working := make(chan struct{}, maxWorking)
	for i, m := range run {
		working <- struct{}{}
		wg.Go(func() {
			one := c.Fork()
			one.BeforeLog = sync.OnceFunc(func() { <-working })
			out[i] = s.registerOne(ctx, one, m)
			one.BeforeLog()
		})
	}
	wg.Wait()
	return out
}

// registerOne registers one record. Its entry is durable before it returns; a
// record that cannot be logged is not registered and says so.
func (s *Records) registerOne(ctx context.Context, c *call.Call, m *registerv1.RegisterRecordsRequest) *registerv1.RegisterRecordsResponse {
	out := &registerv1.RegisterRecordsResponse{Sequence: m.GetSequence()}
	limited, cancel := context.WithTimeout(ctx, s.Timeout)
	defer cancel()
	err := s.registerInto(limited, c, m, out)
	if err != nil {
		p := AsProblem(err)
		if p.Code == codes.Internal {
			s.Log.ErrorContext(ctx, "a record of a stream failed", "method", c.Method.Short, "err", err)
		}
		if logErr := s.logFailure(ctx, c, err, p); logErr != nil {
			p = NotLogged(err, logErr)
		}
		out.Result = &registerv1.RegisterRecordsResponse_Error{Error: recordError(p)}
	}
	if c.Receipt != nil {
		out.Receipt = fmt.Sprintf("index=%d;leaf=%s", c.Receipt.Index, c.Receipt.Leaf)
	}
	return out
}

// logFailure writes the entry of a record that was not registered. It is due
// even if the caller has gone away, unless the log has just refused one.
func (s *Records) logFailure(ctx context.Context, c *call.Call, err error, p *Problem) error {
	if errors.Is(err, accesslog.ErrUnavailable) {
		return err
	}
	c.Discard()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.Timeout)
	defer cancel()
	logErr := c.Commit(ctx, OutcomeName(p.Code))
	if accesslog.Sanctioned(logErr) {
		if err := c.Commit(ctx, OutcomeName(AsProblem(logErr).Code)); err != nil {
			return err
		}
	}
	return logErr
}

func (s *Records) registerInto(ctx context.Context, c *call.Call, m *registerv1.RegisterRecordsRequest, out *registerv1.RegisterRecordsResponse) error {
	var wrong []Violation
	if m.GetSequence() < 0 {
		wrong = append(wrong, Violation{"sequence", "must not be negative"})
	}
	if load := m.GetLoad(); load != "" {
		if !loadName.MatchString(load) {
			wrong = append(wrong, Violation{"load", "may hold letters, digits, dots, underscores and hyphens, at most 64"})
		}
		c.Load = load
	}
	if len(wrong) > 0 {
		return Invalid(ReasonInvalidFields, wrong)
	}
	switch r := m.GetRecord().(type) {
	case *registerv1.RegisterRecordsRequest_Nominal:
		if err := s.allowed(c, "nominal", r.Nominal, r.Nominal.GetParent()); err != nil {
			return err
		}
		resp, err := s.Nominals.register(ctx, c, r.Nominal)
		out.Result = &registerv1.RegisterRecordsResponse_Nominal{Nominal: resp}
		return err
	case *registerv1.RegisterRecordsRequest_Course:
		if err := s.allowed(c, "course", r.Course, r.Course.GetParent()); err != nil {
			return err
		}
		resp, err := s.Courses.register(ctx, c, r.Course)
		out.Result = &registerv1.RegisterRecordsResponse_Course{Course: resp}
		return err
	case *registerv1.RegisterRecordsRequest_Measure:
		if err := s.allowed(c, "course", r.Measure, r.Measure.GetParent()); err != nil {
			return err
		}
		resp, err := s.Measures.registerMeasure(ctx, c, r.Measure)
		out.Result = &registerv1.RegisterRecordsResponse_Measure{Measure: resp}
		return err
	case *registerv1.RegisterRecordsRequest_Breach:
		if err := s.allowed(c, "course", r.Breach, r.Breach.GetParent()); err != nil {
			return err
		}
		resp, err := s.Measures.registerBreach(ctx, c, r.Breach)
		out.Result = &registerv1.RegisterRecordsResponse_Breach{Breach: resp}
		return err
	case *registerv1.RegisterRecordsRequest_Assessment:
		if err := s.allowed(c, "course", r.Assessment, r.Assessment.GetParent()); err != nil {
			return err
		}
		resp, err := s.Assessments.registerAssessment(ctx, c, r.Assessment)
		out.Result = &registerv1.RegisterRecordsResponse_Assessment{Assessment: resp}
		return err
	case *registerv1.RegisterRecordsRequest_Plan:
		if err := s.allowed(c, "course", r.Plan, r.Plan.GetParent()); err != nil {
			return err
		}
		resp, err := s.Assessments.registerPlan(ctx, c, r.Plan)
		out.Result = &registerv1.RegisterRecordsResponse_Plan{Plan: resp}
		return err
	}
	return Invalid(ReasonInvalidFields, []Violation{{"record", "is not of the contract's form: over REST one JSON object a line, such as {\"sequence\": 1, \"nominal\": {\"parent\": \"forces/33\", \"nominal\": {…}}}, or with `course`, `measure`, `breach`, `assessment` or `plan`"}})
}

// allowed applies the policy and the record's own rules to one record.
func (s *Records) allowed(c *call.Call, resource string, m proto.Message, parent string) error {
	c.Entry.Decision.Effect, c.Entry.Decision.Line = accesslog.Deny, ""
	grant, ok := c.Policy.Decide(c.Actor.Roles, resource, "register")
	if !ok {
		return NewProblem(codes.PermissionDenied, ReasonNotAllowed, "your roles do not allow this")
	}
	if parent == "" {
		return Invalid(ReasonInvalidFields, []Violation{{"parent", "is required with each record of a stream: the force that registers it, such as forces/33"}})
	}
	if !grant.Covers(c.Actor.Force, call.ForceCode(parent)) {
		return NewProblem(codes.PermissionDenied, ReasonOtherForce, "records are registered by their own force")
	}
	c.Grant = grant
	c.Entry.Decision.Effect, c.Entry.Decision.Line = accesslog.Allow, grant.Line
	return s.Check.Check(m)
}

func recordError(p *Problem) *registerv1.RecordError {
	out := &registerv1.RecordError{Status: OutcomeName(p.Code), Reason: p.Reason, Message: p.Message}
	for _, v := range p.Violations {
		out.Violations = append(out.Violations, &registerv1.FieldViolation{Field: v.Field, Description: v.Description})
	}
	return out
}
