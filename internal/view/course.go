package view

import (
	"fmt"
	"strings"

	"github.com/google/uuid"

	storev1 "github.com/perpetrator-register/register/api/register/store/v1"
	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/conduct"
	"github.com/perpetrator-register/register/internal/postgres"
)

func (d decoder) course(r *postgres.FeedRow, out *decoded) error {
	var stored storev1.StoredCourse
	if _, err := OpenVersion(d.keys, r.Record, r.Version, r.Wrapped, &stored); err != nil {
		return err
	}
	course, err := d.courseOf(r.Record, r.Version.N, &stored)
	out.course, out.fell = course, FallenIndex(&stored, r.Version)
	out.to, _ = uuid.FromBytes(stored.GetTransferredTo())
	return err
}

// Course reads a stored course as conduct is summed up from it.
func (v *View) Course(r postgres.Record, n int32, stored *storev1.StoredCourse) (*conduct.Course, error) {
	return v.decoder.courseOf(r, n, stored)
}

func (d decoder) courseOf(r postgres.Record, n int32, stored *storev1.StoredCourse) (*conduct.Course, error) {
	c := stored.GetCourse()
	nominal, err := uuid.FromBytes(stored.GetNominalId())
	if err != nil {
		return nil, fmt.Errorf("view: record %s version %d: content malformed", r.ID, n)
	}
	course := &conduct.Course{
		ID: conduct.ID(r.ID), Force: r.Force, Nominal: conduct.ID(nominal),
		Standing:  Standing(c.GetStanding()),
		Cancelled: c.GetState() == registerv1.RecordState_RECORD_STATE_CANCELLED,
	}
	if course.Principal, err = d.tokens(stored.GetVictim()); err != nil {
		return nil, err
	}
	for _, a := range stored.GetAssociated() {
		tokens, err := d.tokens(a)
		if err != nil {
			return nil, err
		}
		course.Associated = append(course.Associated, tokens)
	}
	for _, i := range c.GetIncidents() {
		// Information suspected to be false counts towards nothing.
		if i.GetGrade().GetAssessment() == "E" {
			continue
		}
		behaviours, _ := d.rules.Behaviours(i.GetBehaviours()...)
		incident := conduct.Incident{Day: conduct.DayOf(i.GetOccurTime().AsTime()), Behaviours: behaviours}
		if o := i.GetPrincipalOffence(); o != "" {
			incident.Offences = append(incident.Offences, o)
		}
		incident.Offences = append(incident.Offences, i.GetIncludedClassifications()...)
		course.Incidents = append(course.Incidents, incident)
	}
	if len(course.Incidents) == 0 {
		course.Assessment = "E"
	}
	if course.Former, err = ids(stored.GetFormer()); err != nil {
		return nil, fmt.Errorf("view: record %s version %d: content malformed", r.ID, n)
	}
	course.Transferred = len(stored.GetTransferredTo()) > 0
	for _, s := range stored.GetSettlements() {
		other, err := uuid.FromBytes(s.GetOther())
		if err != nil {
			return nil, fmt.Errorf("view: record %s version %d: content malformed", r.ID, n)
		}
		course.Settled = append(course.Settled, conduct.Settled{
			Other: conduct.ID(other), Same: s.GetSameness() == registerv1.VictimSameness_VICTIM_SAMENESS_SAME, Time: s.GetSettleTime().AsTime(),
		})
	}
	return course, nil
}

// ids reads record ids.
func ids(raw [][]byte) ([]conduct.ID, error) {
	var out []conduct.ID
	for _, b := range raw {
		id, err := uuid.FromBytes(b)
		if err != nil {
			return nil, err
		}
		out = append(out, conduct.ID(id))
	}
	return out, nil
}

// Standing is the code of a standing in the reference data.
func Standing(s registerv1.Standing) string { return strings.TrimPrefix(s.String(), "STANDING_") }
