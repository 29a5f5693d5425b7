package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/perpetrator-register/register/internal/access"
	"github.com/perpetrator-register/register/internal/call"
)

// authorisation measures the decision whether a caller may do what he asks.
func (r *run) authorisation(_ context.Context) error {
	methods, err := call.LoadMethods()
	if err != nil {
		return err
	}
	var files [2][]byte
	for i, name := range []string{"model.conf", "permissions.csv"} {
		if files[i], err = os.ReadFile(filepath.Join("policies", name)); err != nil {
			return err
		}
	}
	policy, err := access.LoadPolicy(files[0], files[1], methods.Permissions())
	if err != nil {
		return err
	}
	roles, err := access.ParseRoles("investigator", "supervisor")
	if err != nil {
		return err
	}
	allowed := 0
	result := testing.Benchmark(func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if grant, ok := policy.Decide(roles, "search", "create"); ok && grant.Covers("33", "") {
				allowed++
			}
		}
	})
	r.out.heading("Authorisation")
	r.out.paragraph("One decision with the shipped policy, two roles, scope included: **%.0f ns**, %d allocations (%d of %d allowed).",
		float64(result.T.Nanoseconds())/float64(result.N), result.AllocsPerOp(), min(allowed, 1), 1)
	if allowed == 0 {
		return fmt.Errorf("the shipped policy lets no investigator search")
	}
	return nil
}
