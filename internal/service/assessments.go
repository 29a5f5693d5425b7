package service

import (
	"context"
	"slices"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	storev1 "github.com/perpetrator-register/register/api/register/store/v1"
	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/access"
	"github.com/perpetrator-register/register/internal/call"
	"github.com/perpetrator-register/register/internal/postgres"
)

// Assessments implements register.v1.AssessmentService.
type Assessments struct {
	registerv1.UnimplementedAssessmentServiceServer
	*Deps
	assessments *parts[*registerv1.Assessment, *storev1.StoredAssessment]
	plans       *parts[*registerv1.SafetyPlan, *storev1.StoredPlan]
}

var assessmentForm = partForm[*registerv1.Assessment, *storev1.StoredAssessment]{
	kind:  postgres.KindAssessment,
	empty: func() *storev1.StoredAssessment { return &storev1.StoredAssessment{} },
	fresh: func(a *registerv1.Assessment, p *storev1.Part) *storev1.StoredAssessment {
		return &storev1.StoredAssessment{Part: p, Assessment: a}
	},
	record: regraded,
	known: func(a *registerv1.Assessment, k known) {
		a.Name, a.Nominal, a.Version, a.State = k.name, k.nominal, k.version, k.state
		a.CreateTime, a.UpdateTime, a.LoadTime = k.create, k.update, k.loaded
		if k.version == 0 {
			a.StandingGrade = registerv1.RiskGrade_RISK_GRADE_UNSPECIFIED // never stored
		}
	},
	when: func(a *registerv1.Assessment) time.Time { return a.GetAssessTime().AsTime() },
}

var planForm = partForm[*registerv1.SafetyPlan, *storev1.StoredPlan]{
	kind:  postgres.KindPlan,
	empty: func() *storev1.StoredPlan { return &storev1.StoredPlan{} },
	fresh: func(a *registerv1.SafetyPlan, p *storev1.Part) *storev1.StoredPlan {
		return &storev1.StoredPlan{Part: p, Plan: a}
	},
	record: (*storev1.StoredPlan).GetPlan,
	known: func(p *registerv1.SafetyPlan, k known) {
		p.Name, p.Nominal, p.Version, p.State = k.name, k.nominal, k.version, k.state
		p.CreateTime, p.UpdateTime, p.LoadTime = k.create, k.update, k.loaded
	},
	when: func(p *registerv1.SafetyPlan) time.Time { return p.GetMakeTime().AsTime() },
}

// NewAssessments makes the service; nominals finds the suspects.
func NewAssessments(d *Deps, nominals *Nominals) *Assessments {
	return &Assessments{
		Deps:        d,
		assessments: &parts[*registerv1.Assessment, *storev1.StoredAssessment]{Deps: d, partForm: assessmentForm, nominals: nominals},
		plans:       &parts[*registerv1.SafetyPlan, *storev1.StoredPlan]{Deps: d, partForm: planForm, nominals: nominals},
	}
}

// regraded is a stored assessment with all its regrades by time, and the grade
// that stands: the last one given.
func regraded(stored *storev1.StoredAssessment) *registerv1.Assessment {
	out, ok := proto.Clone(stored.GetAssessment()).(*registerv1.Assessment)
	if !ok {
		return &registerv1.Assessment{}
	}
	out.Regrades = append(out.Regrades, stored.GetRegrades()...)
	slices.SortStableFunc(out.GetRegrades(), func(a, b *registerv1.Regrade) int {
		return a.GetRegradeTime().AsTime().Compare(b.GetRegradeTime().AsTime())
	})
	out.StandingGrade = out.GetGrade()
	for _, r := range out.GetRegrades() {
		if !r.GetRegradeTime().AsTime().Before(out.GetAssessTime().AsTime()) {
			out.StandingGrade = r.GetGrade()
		}
	}
	return out
}

// RegisterAssessment implements the RPC.
func (s *Assessments) RegisterAssessment(ctx context.Context, req *registerv1.RegisterAssessmentRequest) (*registerv1.RegisterAssessmentResponse, error) {
	return s.registerAssessment(ctx, call.From(ctx), req)
}

func (s *Assessments) registerAssessment(ctx context.Context, c *call.Call, req *registerv1.RegisterAssessmentRequest) (*registerv1.RegisterAssessmentResponse, error) {
	done, err := s.assessments.register(ctx, c, partRequest[*registerv1.Assessment, *storev1.StoredAssessment]{
		parent: req.GetParent(), record: req.GetAssessment(), nominalSource: req.GetNominalSource(),
		reinstate: req.GetReinstate(), historic: req.GetHistoricLoad(),
		refer: func(ctx context.Context, c *call.Call, at referral[*storev1.StoredAssessment]) (err error) {
			a := at.content.GetAssessment()
			if a.Course, err = s.courseOf(ctx, c, at.force, at.nominal, req.GetAssessment().GetCourse(), req.GetCourseSource(), false); err != nil {
				return err
			}
			var old *registerv1.Assessment
			if at.old != nil {
				old = (*at.old).GetAssessment()
			}
			s.worded(at.force, a, old)
			return nil
		},
		keep: func(_ context.Context, _ *call.Call, old **storev1.StoredAssessment, content *storev1.StoredAssessment) error {
			if old != nil {
				content.Regrades = (*old).GetRegrades()
			}
			return nil
		},
	})
	if err != nil {
		return nil, err
	}
	return &registerv1.RegisterAssessmentResponse{Name: done.name, Version: done.version, Outcome: done.outcome, Flags: s.Check.assessmentFlags(call.ForceCode(req.GetParent()), req.GetAssessment())}, nil
}

// RegradeAssessment implements the RPC.
func (s *Assessments) RegradeAssessment(ctx context.Context, req *registerv1.RegradeAssessmentRequest) (*registerv1.Assessment, error) {
	o, err := s.assessments.alter(ctx, req.GetName(), &storev1.StoredReason{Code: req.GetGrade().String(), Explanation: req.GetRationale()},
		func(_ context.Context, c *call.Call, o openPart[*storev1.StoredAssessment]) error {
			a, part := o.stored.GetAssessment(), o.stored.GetPart()
			switch {
			case part.GetCancelled():
				return NewProblem(codes.FailedPrecondition, ReasonRecordCancelled, "the assessment was withdrawn: make another")
			case part.GetRegistrant() == call.Subject(c.Actor), access.SameCollar(c.Actor.Collar, a.GetAssessor()):
				return NewProblem(codes.FailedPrecondition, ReasonSamePerson, "another person than the assessor must regrade an assessment")
			case int64(o.cur.Version.N) != req.GetVersion():
				return NewProblem(codes.Aborted, ReasonRecordChanged, "the assessment has changed since it was read: read it again")
			}
			o.stored.Regrades = append(o.stored.GetRegrades(), &registerv1.Regrade{
				Grade: req.GetGrade(), Rationale: req.GetRationale(), Supervisor: officerOf(c), RegradeTime: s.Timestamp(),
			})
			return nil
		})
	if err != nil {
		return nil, err
	}
	return s.assessments.shown(o), nil
}

// officerOf is the caller's collar number; of one who has none, who he is in the
// log.
func officerOf(c *call.Call) string {
	if c.Actor.Collar != "" {
		return c.Actor.Collar
	}
	return c.Actor.Subject
}

// GetAssessment implements the RPC.
func (s *Assessments) GetAssessment(ctx context.Context, req *registerv1.GetAssessmentRequest) (*registerv1.Assessment, error) {
	return s.assessments.get(ctx, req.GetName())
}

// ListAssessments implements the RPC.
func (s *Assessments) ListAssessments(ctx context.Context, req *registerv1.ListAssessmentsRequest) (*registerv1.ListAssessmentsResponse, error) {
	all, next, err := s.assessments.list(ctx, req.GetParent(), req.GetPageToken(), req.GetPageSize())
	if err != nil {
		return nil, err
	}
	return &registerv1.ListAssessmentsResponse{Assessments: all, NextPageToken: next}, nil
}

// CancelAssessment implements the RPC.
func (s *Assessments) CancelAssessment(ctx context.Context, req *registerv1.CancelAssessmentRequest) (*registerv1.CancelAssessmentResponse, error) {
	version, err := s.assessments.cancel(ctx, req.GetName(), req.GetReason(), req.GetExplanation())
	if err != nil {
		return nil, err
	}
	return &registerv1.CancelAssessmentResponse{Version: version}, nil
}

// EraseAssessment implements the RPC.
func (s *Assessments) EraseAssessment(ctx context.Context, req *registerv1.EraseAssessmentRequest) (*registerv1.EraseAssessmentResponse, error) {
	if err := s.assessments.erase(ctx, req.GetName(), req.GetGround(), req.GetReference()); err != nil {
		return nil, err
	}
	return &registerv1.EraseAssessmentResponse{}, nil
}

// RegisterPlan implements the RPC.
func (s *Assessments) RegisterPlan(ctx context.Context, req *registerv1.RegisterPlanRequest) (*registerv1.RegisterPlanResponse, error) {
	return s.registerPlan(ctx, call.From(ctx), req)
}

func (s *Assessments) registerPlan(ctx context.Context, c *call.Call, req *registerv1.RegisterPlanRequest) (*registerv1.RegisterPlanResponse, error) {
	done, err := s.plans.register(ctx, c, partRequest[*registerv1.SafetyPlan, *storev1.StoredPlan]{
		parent: req.GetParent(), record: req.GetPlan(), nominalSource: req.GetNominalSource(),
		reinstate: req.GetReinstate(), historic: req.GetHistoricLoad(),
		refer: func(ctx context.Context, c *call.Call, at referral[*storev1.StoredPlan]) (err error) {
			at.content.GetPlan().Course, err = s.courseOf(ctx, c, at.force, at.nominal, req.GetPlan().GetCourse(), req.GetCourseSource(), false)
			return err
		},
	})
	if err != nil {
		return nil, err
	}
	return &registerv1.RegisterPlanResponse{Name: done.name, Version: done.version, Outcome: done.outcome, Flags: s.Check.planFlags(req.GetPlan())}, nil
}

// GetPlan implements the RPC.
func (s *Assessments) GetPlan(ctx context.Context, req *registerv1.GetPlanRequest) (*registerv1.SafetyPlan, error) {
	return s.plans.get(ctx, req.GetName())
}

// ListPlans implements the RPC.
func (s *Assessments) ListPlans(ctx context.Context, req *registerv1.ListPlansRequest) (*registerv1.ListPlansResponse, error) {
	all, next, err := s.plans.list(ctx, req.GetParent(), req.GetPageToken(), req.GetPageSize())
	if err != nil {
		return nil, err
	}
	return &registerv1.ListPlansResponse{Plans: all, NextPageToken: next}, nil
}

// CancelPlan implements the RPC.
func (s *Assessments) CancelPlan(ctx context.Context, req *registerv1.CancelPlanRequest) (*registerv1.CancelPlanResponse, error) {
	version, err := s.plans.cancel(ctx, req.GetName(), req.GetReason(), req.GetExplanation())
	if err != nil {
		return nil, err
	}
	return &registerv1.CancelPlanResponse{Version: version}, nil
}

// ErasePlan implements the RPC.
func (s *Assessments) ErasePlan(ctx context.Context, req *registerv1.ErasePlanRequest) (*registerv1.ErasePlanResponse, error) {
	if err := s.plans.erase(ctx, req.GetName(), req.GetGround(), req.GetReference()); err != nil {
		return nil, err
	}
	return &registerv1.ErasePlanResponse{}, nil
}
