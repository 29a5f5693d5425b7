package standards

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/timestamppb"

	storev1 "github.com/perpetrator-register/register/api/register/store/v1"
	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/accesslog"
	"github.com/perpetrator-register/register/internal/misuse"
	"github.com/perpetrator-register/register/internal/postgres"
	"github.com/perpetrator-register/register/internal/service"
	"github.com/perpetrator-register/register/internal/view"
)

const (
	systemMisuse = "misuse" // source system of flags and cases
	maxAround    = 200      // codes kept of one case
	maxCaseFlags = 1000     // flags of one case; more begin another
)

// flag writes a flag with the case that it belongs to, and their entry. That it is
// written already is no error.
func (w *Watcher) flag(ctx context.Context, f *misuse.Flag) error {
	return service.Retry(ctx, func() error {
		source := w.Keys.SourceHMACs(f.Audience, systemMisuse, f.Key, string(postgres.KindMisuseFlag))
		if _, found, err := w.BySource(ctx, source); err != nil || found {
			return err
		}
		id := uuid.Must(uuid.NewV7())
		file, caseID, err := w.fileUnder(ctx, f, id)
		if err != nil {
			return err
		}
		change, err := w.FirstWith(id, postgres.KindMisuseFlag, f.Audience, source[0], 1, storedFlag(f, caseID))
		if err != nil {
			return err
		}
		p := &accesslog.Pending{
			Entry: accesslog.Metadata{
				Actor:  accesslog.Actor{Sub: "register", Kind: accesslog.System},
				Method: service.FlagMethod, Outcome: service.OutcomeName(codes.OK), Marks: []string{"rule:" + f.Rule},
			},
			Changes: []accesslog.Change{change, file},
			Touches: []postgres.Touch{{Record: id, Force: f.Audience}, {Record: caseID, Force: f.Audience}},
		}
		_, err = w.Appender.Append(ctx, p)
		return err
	})
}

func storedFlag(f *misuse.Flag, caseID uuid.UUID) *storev1.StoredFlag {
	rule, _ := misuse.RuleOf(f.Rule)
	out := &registerv1.MisuseFlag{
		Rule: f.Rule, Title: rule.Title, RuleVersion: service.Count(f.Version), Settings: f.Settings, Subject: f.Actor, Seen: f.Seen, Weighed: f.Weighed,
		Searches: service.Count(f.Looks), Persons: service.Count(f.Persons), Days: service.Count(f.Days), References: service.Count(f.References),
		FirstTime: timestamppb.New(f.From), LastTime: timestamppb.New(f.Until), Entries: f.Entries,
		LogIndex: f.Index, CreateTime: timestamppb.New(f.Time),
	}
	if f.Force != "" {
		out.Force = "forces/" + f.Force
	}
	return &storev1.StoredFlag{Flag: out, CaseId: caseID[:], Around: around(f)}
}

func around(f *misuse.Flag) []uint64 {
	out := make([]uint64, len(f.Around))
	for i, c := range f.Around {
		out[i] = uint64(c)
	}
	return out
}

// fileUnder makes the change that adds a flag to the actor's case that is not decided
// yet, or begins one.
func (w *Watcher) fileUnder(ctx context.Context, f *misuse.Flag, flag uuid.UUID) (accesslog.Change, uuid.UUID, error) {
	for n := 1; ; n++ {
		source := w.Keys.SourceHMACs(f.Audience, systemMisuse, fmt.Sprintf("%s|%d", f.Actor, n), string(postgres.KindMisuseCase))
		cur, found, err := w.BySource(ctx, source)
		if err != nil {
			return accesslog.Change{}, uuid.Nil, err
		}
		var stored storev1.StoredMisuseCase
		if !found {
			stored.MisuseCase = &registerv1.MisuseCase{
				Subject: f.Actor, State: registerv1.CaseState_CASE_STATE_NEW, CreateTime: timestamppb.New(f.Time),
			}
			if f.Force != "" {
				stored.MisuseCase.Force = "forces/" + f.Force
			}
			w.file(&stored, f, flag)
			change, err := w.First(postgres.KindMisuseCase, f.Audience, source[0], 1, &stored)
			return change, change.Record.ID, err
		}
		if cur.Wrapped == nil {
			continue // it was erased
		}
		key, err := view.OpenVersion(w.Keys, cur.Record, cur.Version, cur.Wrapped, &stored)
		if err != nil {
			return accesslog.Change{}, uuid.Nil, err
		}
		if stored.GetMisuseCase().GetState() == registerv1.CaseState_CASE_STATE_DECIDED || len(stored.GetFlags()) >= maxCaseFlags {
			continue
		}
		w.file(&stored, f, flag)
		change, err := w.Next(cur, key, cur.Version.Revision+1, &stored)
		return change, cur.Record.ID, err
	}
}

func (w *Watcher) file(stored *storev1.StoredMisuseCase, f *misuse.Flag, flag uuid.UUID) {
	c := stored.GetMisuseCase()
	stored.Flags = append(stored.Flags, flag[:])
	c.FlagCount, c.UpdateTime = service.Count(len(stored.GetFlags())), w.Timestamp()
	if !slices.Contains(c.GetRules(), f.Rule) {
		c.Rules = append(c.Rules, f.Rule)
		slices.Sort(c.Rules)
	}
	for _, code := range around(f) {
		if len(stored.Around) < maxAround && !slices.Contains(stored.Around, code) {
			stored.Around = append(stored.Around, code)
		}
	}
}
