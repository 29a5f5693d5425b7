package main

import (
	"context"
	"fmt"
	"strconv"
	"time"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
)

const (
	dutyPersons = 25 // whose courses are registered one after the other
	dutyCourses = 40 // of each
	dutyVictims = 6  // of each
)

// duties measures what it costs to register a course of conduct the more there is of a
// person: what is recorded of him decides which duties arise and end with it.
func (r *run) duties(ctx context.Context) error {
	server, err := r.site.start(ctx, "register", database)
	if err != nil {
		return err
	}
	defer func() { _ = server.stop() }() // its figures are taken
	took, err := r.coursesOfOne(ctx, server, dutyPersons)
	if err != nil {
		return err
	}
	r.out.heading("A registration, the more there is of one person")
	r.out.paragraph("One client registers %d courses of one person one after the other, against %d victims, and so for %d persons, while the register's clock runs. "+
		"All that is recorded of him decides which duties arise and end with each.", dutyCourses, dutyVictims, dutyPersons)
	var rows [][]string
	for _, n := range []int{1, 2, 10, 20, dutyCourses} {
		rows = append(rows, []string{strconv.Itoa(n), ms(quantile(took[n-1], 0.5)), ms(quantile(took[n-1], 0.9)), ratio(float64(quantile(took[n-1], 0.5)), float64(quantile(took[0], 0.5)))})
	}
	r.out.table([]string{"course", "p50", "p90", "p50 ÷ the first's"}, rows)
	return nil
}

// coursesOfOne registers the courses of some persons and returns how long the first of
// each took, the second, and so on.
func (r *run) coursesOfOne(ctx context.Context, server *replica, persons int) ([][]time.Duration, error) {
	if r.Quick {
		persons = 2
	}
	run := time.Now().UnixNano() // a register that is kept has those of earlier runs
	conn, err := server.dial("33")
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close() }()
	nominals, conduct := registerv1.NewNominalServiceClient(conn), registerv1.NewConductServiceClient(conn)
	took := make([][]time.Duration, dutyCourses)
	for p := range persons {
		suspect := fmt.Sprintf("duties/%d/%d", run, p)
		_, err := nominals.RegisterNominal(ctx, &registerv1.RegisterNominalRequest{Parent: "forces/33", Nominal: &registerv1.Nominal{
			Source: detailSource("%s", suspect), Names: []*registerv1.PersonName{{Given: "Du" + letters(p*31+7), Surname: "Ty" + letters(int(run%7919)*31+p*977)}},
		}})
		if err != nil {
			return nil, err
		}
		for n := range dutyCourses {
			request := reportOf(suspect, n, 1_000_000+p*dutyVictims+n%dutyVictims, time.Now())
			began := time.Now()
			if _, err := conduct.RegisterCourse(ctx, request); err != nil {
				return nil, fmt.Errorf("course %d: %w", n+1, err)
			}
			took[n] = append(took[n], time.Since(began))
		}
	}
	return took, nil
}
