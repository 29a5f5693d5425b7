package service

import (
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	storev1 "github.com/perpetrator-register/register/api/register/store/v1"
	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/uktime"
)

// What happens to a duty, in its events.
const (
	eventOpened     = "OPENED"
	eventAgain      = "OPENED_AGAIN"
	eventClimbed    = "CLIMBED"
	eventAssigned   = "ASSIGNED"
	eventProposed   = "CLOSURE_PROPOSED"
	eventRefused    = "CLOSURE_REFUSED"
	eventDone       = "DONE"
	eventOverridden = "OVERRIDDEN"
	eventFellAway   = "FELL_AWAY"
	eventMoved      = "TRANSFERRED"
)

// byRegister stands where the register itself acts.
const byRegister = "register"

// maxEvents bounds what a duty tells of itself; the log has all of it.
const maxEvents = 100

// happened notes an event of a duty.
func happened(duty *registerv1.Duty, code, by, reason string, now time.Time) {
	duty.Events = append(duty.Events, &registerv1.DutyEvent{Code: code, By: by, Reason: reason, Time: timestamppb.New(now)})
	if n := len(duty.GetEvents()); n > maxEvents {
		duty.Events = slices.Concat(duty.GetEvents()[:1], duty.GetEvents()[n-maxEvents+1:])
	}
}

// rung is a step of the ladder: whose a duty becomes, how long after it was opened,
// by day and by night.
type rung struct {
	day, night           registerv1.DutyRole
	afterDay, afterNight time.Duration
}

// role is whose a duty becomes when it reaches the rung at a time.
func (r rung) role(at time.Time) registerv1.DutyRole {
	if isNight(at) {
		return r.night
	}
	return r.day
}

// from is when a duty that was opened at a time reaches the rung.
func (r rung) from(opened time.Time) time.Time {
	if isNight(opened) {
		return opened.Add(r.afterNight)
	}
	return opened.Add(r.afterDay)
}

// begin gives a duty that is opened now to the first rung of its ladder. What is the
// officer's in the case goes to the next rung where none is named.
func begin(stored *storev1.StoredDuty, rungs []rung, officer string, now time.Time) {
	duty := stored.GetDuty()
	at := 0
	if rungs[0].role(now) == registerv1.DutyRole_DUTY_ROLE_OFFICER_IN_CASE && officer == "" && len(rungs) > 1 {
		at = 1
	}
	duty.OpenTime, duty.Steps, stored.Overdue = timestamppb.New(now), nil, false
	reach(duty, rungs[at], officer, now, false)
	stored.NextRung = int32(at) + 1
	duty.ClimbTime = climbTime(stored, rungs)
}

// reach makes a duty that of a rung.
func reach(duty *registerv1.Duty, r rung, officer string, now time.Time, overdue bool) {
	owner := &registerv1.DutyOwner{Role: r.role(now)}
	if owner.GetRole() == registerv1.DutyRole_DUTY_ROLE_OFFICER_IN_CASE {
		owner.Officer = officer
	}
	duty.Owner = owner
	duty.Steps = append(duty.GetSteps(), &registerv1.DutyStep{Owner: owner, Time: timestamppb.New(now), Overdue: overdue})
}

// climbTime is when an open duty climbs next: at its next rung, or at its deadline if
// that comes before; nil when it is at the top and the deadline has been told.
func climbTime(stored *storev1.StoredDuty, rungs []rung) *timestamppb.Timestamp {
	duty := stored.GetDuty()
	var next time.Time
	if n := int(stored.GetNextRung()); n < len(rungs) {
		next = rungs[n].from(duty.GetOpenTime().AsTime())
	}
	if due := duty.GetDueTime().AsTime(); !stored.GetOverdue() && (next.IsZero() || due.Before(next)) {
		next = due
	}
	if next.IsZero() {
		return nil
	}
	return timestamppb.New(next)
}

// climb lets a duty climb one rung if it is time; at the top it is told once more that
// the deadline has passed. It reports whether anything changed.
func climb(stored *storev1.StoredDuty, rungs []rung, now time.Time) bool {
	duty := stored.GetDuty()
	if duty.GetClimbTime() == nil || now.Before(duty.GetClimbTime().AsTime()) {
		return false
	}
	late := !stored.GetOverdue() && !now.Before(duty.GetDueTime().AsTime())
	stored.Overdue = stored.GetOverdue() || late
	if n := int(stored.GetNextRung()); n < len(rungs) {
		reach(duty, rungs[n], "", now, late)
		stored.NextRung++
	} else {
		duty.Steps = append(duty.GetSteps(), &registerv1.DutyStep{Owner: duty.GetOwner(), Time: timestamppb.New(now), Overdue: late})
	}
	why := ""
	if late {
		why = "The deadline has passed."
	}
	happened(duty, eventClimbed, byRegister, why, now)
	duty.ClimbTime = climbTime(stored, rungs)
	return true
}

// Hours of the night, in London.
const (
	nightBegins = 20
	nightEnds   = 8
)

// isNight reports whether a time is at night in London.
func isNight(t time.Time) bool {
	h := t.In(uktime.London).Hour()
	return h >= nightBegins || h < nightEnds
}

// usualLadder is that of a duty that has none of its own.
func usualLadder() []rung {
	const h = time.Hour
	return []rung{
		{registerv1.DutyRole_DUTY_ROLE_SUPERVISOR, registerv1.DutyRole_DUTY_ROLE_DUTY_INSPECTOR, 0, 0},
		{registerv1.DutyRole_DUTY_ROLE_DUTY_INSPECTOR, registerv1.DutyRole_DUTY_ROLE_DUTY_INSPECTOR, 2 * h, 2 * h},
		{registerv1.DutyRole_DUTY_ROLE_SPOC, registerv1.DutyRole_DUTY_ROLE_SPOC, 4 * h, 4 * h},
	}
}

// ladder is the ladder that duties of a code climb.
func (d *Deps) ladder(code string) []rung {
	var out []rung
	for _, step := range d.Ref.Ladder(code) {
		out = append(out, rung{dutyRole(step.Day.Role), dutyRole(step.Night.Role), step.Day.After, step.Night.After})
	}
	if len(out) == 0 {
		return usualLadder()
	}
	return out
}

// dutyRole reads a role of the reference data; one that is not known is the
// supervisor's.
func dutyRole(code string) registerv1.DutyRole {
	if r, ok := registerv1.DutyRole_value["DUTY_ROLE_"+code]; ok && r != 0 {
		return registerv1.DutyRole(r)
	}
	return registerv1.DutyRole_DUTY_ROLE_SUPERVISOR
}
