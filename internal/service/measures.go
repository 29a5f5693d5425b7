package service

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	storev1 "github.com/perpetrator-register/register/api/register/store/v1"
	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/call"
	"github.com/perpetrator-register/register/internal/identity"
	"github.com/perpetrator-register/register/internal/postgres"
)

// Measures implements register.v1.MeasureService.
type Measures struct {
	registerv1.UnimplementedMeasureServiceServer
	*Deps
	measures *parts[*registerv1.Measure, *storev1.StoredMeasure]
	breaches *parts[*registerv1.Breach, *storev1.StoredBreach]
}

var measureForm = partForm[*registerv1.Measure, *storev1.StoredMeasure]{
	kind:  postgres.KindMeasure,
	empty: func() *storev1.StoredMeasure { return &storev1.StoredMeasure{} },
	fresh: func(m *registerv1.Measure, p *storev1.Part) *storev1.StoredMeasure {
		return &storev1.StoredMeasure{Part: p, Measure: m}
	},
	record: (*storev1.StoredMeasure).GetMeasure,
	known: func(m *registerv1.Measure, k known) {
		m.Name, m.Nominal, m.Version, m.State = k.name, k.nominal, k.version, k.state
		m.CreateTime, m.UpdateTime, m.LoadTime = k.create, k.update, k.loaded
	},
	when: func(m *registerv1.Measure) time.Time { return m.GetFromTime().AsTime() },
}

var breachForm = partForm[*registerv1.Breach, *storev1.StoredBreach]{
	kind:  postgres.KindBreach,
	empty: func() *storev1.StoredBreach { return &storev1.StoredBreach{} },
	fresh: func(b *registerv1.Breach, p *storev1.Part) *storev1.StoredBreach {
		return &storev1.StoredBreach{Part: p, Breach: b}
	},
	record: (*storev1.StoredBreach).GetBreach,
	known: func(b *registerv1.Breach, k known) {
		b.Name, b.Nominal, b.Version, b.State = k.name, k.nominal, k.version, k.state
		b.CreateTime, b.UpdateTime, b.LoadTime = k.create, k.update, k.loaded
	},
	when: func(b *registerv1.Breach) time.Time { return b.GetOccurTime().AsTime() },
}

// NewMeasures makes the service; nominals finds the suspects.
func NewMeasures(d *Deps, nominals *Nominals) *Measures {
	return &Measures{
		Deps:     d,
		measures: &parts[*registerv1.Measure, *storev1.StoredMeasure]{Deps: d, partForm: measureForm, nominals: nominals},
		breaches: &parts[*registerv1.Breach, *storev1.StoredBreach]{Deps: d, partForm: breachForm, nominals: nominals},
	}
}

// RegisterMeasure implements the RPC.
func (s *Measures) RegisterMeasure(ctx context.Context, req *registerv1.RegisterMeasureRequest) (*registerv1.RegisterMeasureResponse, error) {
	return s.registerMeasure(ctx, call.From(ctx), req)
}

func (s *Measures) registerMeasure(ctx context.Context, c *call.Call, req *registerv1.RegisterMeasureRequest) (*registerv1.RegisterMeasureResponse, error) {
	done, err := s.measures.register(ctx, c, partRequest[*registerv1.Measure, *storev1.StoredMeasure]{
		parent: req.GetParent(), record: req.GetMeasure(), nominalSource: req.GetNominalSource(),
		reinstate: req.GetReinstate(), historic: req.GetHistoricLoad(),
		refer: func(ctx context.Context, c *call.Call, at referral[*storev1.StoredMeasure]) error {
			m := at.content.GetMeasure()
			var courses []string
			add := func(name string, source *registerv1.SourceKey) error {
				found, err := s.courseOf(ctx, c, at.force, at.nominal, name, source, true)
				if err == nil && !slices.Contains(courses, found) {
					courses = append(courses, found)
				}
				return err
			}
			for _, name := range req.GetMeasure().GetCourses() {
				if err := add(name, nil); err != nil {
					return err
				}
			}
			for _, source := range req.GetCourseSources() {
				if err := add("", source); err != nil {
					return err
				}
			}
			slices.Sort(courses)
			m.Courses = courses
			return nil
		},
	})
	if err != nil {
		return nil, err
	}
	return &registerv1.RegisterMeasureResponse{Name: done.name, Version: done.version, Outcome: done.outcome, Flags: s.Check.measureFlags(req.GetMeasure())}, nil
}

// GetMeasure implements the RPC.
func (s *Measures) GetMeasure(ctx context.Context, req *registerv1.GetMeasureRequest) (*registerv1.Measure, error) {
	return s.measures.get(ctx, req.GetName())
}

// ListMeasures implements the RPC.
func (s *Measures) ListMeasures(ctx context.Context, req *registerv1.ListMeasuresRequest) (*registerv1.ListMeasuresResponse, error) {
	all, next, err := s.measures.list(ctx, req.GetParent(), req.GetPageToken(), req.GetPageSize())
	if err != nil {
		return nil, err
	}
	return &registerv1.ListMeasuresResponse{Measures: all, NextPageToken: next}, nil
}

// CancelMeasure implements the RPC.
func (s *Measures) CancelMeasure(ctx context.Context, req *registerv1.CancelMeasureRequest) (*registerv1.CancelMeasureResponse, error) {
	version, err := s.measures.cancel(ctx, req.GetName(), req.GetReason(), req.GetExplanation())
	if err != nil {
		return nil, err
	}
	return &registerv1.CancelMeasureResponse{Version: version}, nil
}

// EraseMeasure implements the RPC.
func (s *Measures) EraseMeasure(ctx context.Context, req *registerv1.EraseMeasureRequest) (*registerv1.EraseMeasureResponse, error) {
	if err := s.measures.erase(ctx, req.GetName(), req.GetGround(), req.GetReference()); err != nil {
		return nil, err
	}
	return &registerv1.EraseMeasureResponse{}, nil
}

// RegisterBreach implements the RPC.
func (s *Measures) RegisterBreach(ctx context.Context, req *registerv1.RegisterBreachRequest) (*registerv1.RegisterBreachResponse, error) {
	return s.registerBreach(ctx, call.From(ctx), req)
}

func (s *Measures) registerBreach(ctx context.Context, c *call.Call, req *registerv1.RegisterBreachRequest) (*registerv1.RegisterBreachResponse, error) {
	check, err := s.newCheck(c, call.ForceCode(req.GetParent()), req.GetCheck())
	if err != nil {
		return nil, err
	}
	done, err := s.breaches.register(ctx, c, partRequest[*registerv1.Breach, *storev1.StoredBreach]{
		parent: req.GetParent(), record: req.GetBreach(), nominalSource: req.GetNominalSource(),
		reinstate: req.GetReinstate(), historic: req.GetHistoricLoad(), check: check,
		refer: func(ctx context.Context, c *call.Call, at referral[*storev1.StoredBreach]) error {
			return s.contravened(ctx, c, at, req)
		},
	})
	if err != nil {
		return nil, err
	}
	return &registerv1.RegisterBreachResponse{
		Name: done.name, Version: done.version, Outcome: done.outcome, Flags: s.Check.breachFlags(req.GetBreach()), Check: check.committed(),
	}, nil
}

// contravened finds the measure of a breach. One that the breach has named before
// need not be found again: it may have been erased, or its link have fallen.
func (s *Measures) contravened(ctx context.Context, c *call.Call, at referral[*storev1.StoredBreach], req *registerv1.RegisterBreachRequest) error {
	b := at.content.GetBreach()
	if source := req.GetMeasureSource(); source != nil {
		name, err := s.measureBySource(ctx, at.force, source)
		if err != nil {
			return err
		}
		b.Measure = name
	}
	if at.old == nil || (*at.old).GetBreach().GetMeasure() != b.GetMeasure() {
		if err := s.mayName(ctx, c, at.force, identity.ID(at.nominal.Record.ID), b.GetMeasure(), req.GetCandidate()); err != nil {
			return err
		}
	}
	id, err := uuid.Parse(call.RecordID(b.GetMeasure()))
	at.content.MeasureId = id[:]
	return err
}

// GetBreach implements the RPC.
func (s *Measures) GetBreach(ctx context.Context, req *registerv1.GetBreachRequest) (*registerv1.Breach, error) {
	return s.breaches.get(ctx, req.GetName())
}

// ListBreaches implements the RPC.
func (s *Measures) ListBreaches(ctx context.Context, req *registerv1.ListBreachesRequest) (*registerv1.ListBreachesResponse, error) {
	all, next, err := s.breaches.list(ctx, req.GetParent(), req.GetPageToken(), req.GetPageSize())
	if err != nil {
		return nil, err
	}
	return &registerv1.ListBreachesResponse{Breaches: all, NextPageToken: next}, nil
}

// CancelBreach implements the RPC.
func (s *Measures) CancelBreach(ctx context.Context, req *registerv1.CancelBreachRequest) (*registerv1.CancelBreachResponse, error) {
	version, err := s.breaches.cancel(ctx, req.GetName(), req.GetReason(), req.GetExplanation())
	if err != nil {
		return nil, err
	}
	return &registerv1.CancelBreachResponse{Version: version}, nil
}

// EraseBreach implements the RPC.
func (s *Measures) EraseBreach(ctx context.Context, req *registerv1.EraseBreachRequest) (*registerv1.EraseBreachResponse, error) {
	if err := s.breaches.erase(ctx, req.GetName(), req.GetGround(), req.GetReference()); err != nil {
		return nil, err
	}
	return &registerv1.EraseBreachResponse{}, nil
}
