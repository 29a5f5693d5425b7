package refdata

import (
	"slices"
	"time"
)

// conductLists are the lists that measures, assessments, prompts and duties rest on.
type conductLists struct {
	measures       table[MeasureKind]
	conditions     table[ConditionKind]
	actions        table[ActionKind]
	statements     table[StatementKind]
	gravities      table[Gravity]
	weights        table[Weight]
	recordingRules table[RecordingRule]
	ladder         table[Step]
	guidance       table[Guidance]
	// questionnaires are by the code of a force; "" for the common ones.
	questionnaires map[string]*Questionnaires
}

func loadConduct(l *loader, s *Set) {
	c := &s.conduct
	offence := func(code string) bool { _, ok := s.Offence(code); return ok }
	jurisdiction := func(r row) string {
		return r.oneOf("jurisdiction", "england and wales", "scotland", "northern ireland", "united kingdom")
	}
	c.measures = read(l, "measures", []string{"breach", "offences", "least_days", "notify", "notify_days", "notice_days", "protects",
		"jurisdiction", "act", "from", "unverified", "says"}, func(r row) (string, MeasureKind) {
		return r.code, MeasureKind{
			Item: r.item(), Breach: r.oneOf("breach", "offence", "arrest", "contempt", "recall", "evidence"),
			Offences: r.words("offences", offence), Says: r.required("says"), LeastDays: r.number("least_days", 0, 36500),
			Notify:     r.words("notify", func(w string) bool { return s.Has(Notifications, w) }),
			NotifyDays: r.number("notify_days", 0, 365), NoticeDays: r.number("notice_days", 0, 365), Protects: r.flag("protects"),
			Jurisdiction: jurisdiction(r), Act: r.get("act"), From: r.date("from"), Unverified: r.flag("unverified"),
		}
	})
	c.conditions = read(l, "conditions", []string{"zone"}, func(r row) (string, ConditionKind) {
		return r.code, ConditionKind{Item: r.item(), Zone: r.flag("zone")}
	})
	records := []string{"incident", "breach", "measure", "assessment", "plan", "course", "check", "counter"}
	c.actions = read(l, "actions", []string{"answers", "enforces", "shown_by"}, func(r row) (string, ActionKind) {
		r.required("shown_by")
		return r.code, ActionKind{
			Item: r.item(), Answers: r.flag("answers"), Enforces: r.flag("enforces"),
			ShownBy: r.words("shown_by", func(w string) bool { return slices.Contains(records, w) }),
		}
	})
	c.statements = read(l, "statements", []string{"withdraws"}, func(r row) (string, StatementKind) {
		return r.code, StatementKind{Item: r.item(), Withdraws: r.flag("withdraws")}
	})
	c.gravities = read(l, "gravities", []string{"gravity", "visit", "pattern", "grave"}, func(r row) (string, Gravity) {
		if _, ok := s.Behaviour(r.code); !ok {
			r.fault("code", "must be that of a behaviour")
		}
		return r.code, Gravity{Item: r.item(), Gravity: r.number("gravity", 1, 100), Visit: r.flag("visit"), Pattern: r.flag("pattern"), Grave: r.flag("grave")}
	})
	c.weights = read(l, "rank-weights", []string{"weight", "full", "half_life_days", "version"}, func(r row) (string, Weight) {
		return r.code, Weight{
			Item: r.item(), Weight: r.number("weight", 0, 100), Full: r.number("full", 0, 1000),
			HalfLifeDays: r.number("half_life_days", 0, 36500), Version: r.required("version"),
		}
	})
	checkWeights(l, c.weights.rows)
	c.recordingRules = read(l, "recording-rules", []string{"from", "jurisdiction", "domestic_kinds", "other_kinds", "included", "unverified"},
		func(r row) (string, RecordingRule) {
			r.required("from")
			return r.code, RecordingRule{
				Item: r.item(), From: r.date("from"), Jurisdiction: jurisdiction(r), DomesticKinds: r.number("domestic_kinds", 1, 64),
				OtherKinds: r.number("other_kinds", 1, 64), Included: r.flag("included"), Unverified: r.flag("unverified"),
			}
		})
	c.guidance = read(l, "guidance", []string{"when"}, func(r row) (string, Guidance) {
		return r.code, Guidance{Item: r.item(), When: r.required("when")}
	})
	loadQuestionnaires(l, s)
	loadLadder(l, s)
}

func loadLadder(l *loader, s *Set) {
	last := map[string]int{}
	s.conduct.ladder = read(l, "ladder", []string{"duty", "step", "day_role", "day_minutes", "night_role", "night_minutes"}, func(r row) (string, Step) {
		turn := func(when string) Turn {
			if !s.Has(DutyRoles, r.get(when+"_role")) {
				r.fault(when+"_role", "must be a code of duty-roles")
			}
			return Turn{Role: r.get(when + "_role"), After: time.Duration(r.number(when+"_minutes", 0, 525_600)) * time.Minute}
		}
		step := Step{Item: r.item(), Duty: r.required("duty"), Number: r.number("step", 0, 20), Day: turn("day"), Night: turn("night")}
		if n, again := last[step.Duty]; (again && step.Number != n+1) || (!again && step.Number != 0) {
			r.fault("step", "must count from 0 in each duty")
		}
		last[step.Duty] = step.Number
		return r.code, step
	})
}

func checkWeights(l *loader, rows []Weight) {
	total := 0
	for _, w := range rows {
		total += w.Weight
		if w.Version != rows[0].Version {
			l.fault("rank-weights", "version must be the same in each line")
		}
	}
	if len(rows) > 0 && total != 100 {
		l.fault("rank-weights", "the weights must make 100 together, not %d", total)
	}
}
