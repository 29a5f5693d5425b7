package main

import (
	"context"
	"fmt"
	"os"

	"github.com/perpetrator-register/register/internal/access"
	"github.com/perpetrator-register/register/internal/call"
)

type policyCmd struct {
	Check policyCheckCmd `cmd:"" help:"Compile a policy, prove its table against casbin, and run its tests."`
}

type policyCheckCmd struct {
	Dir string `arg:"" help:"Folder of model.conf, permissions.csv and permissions_test.csv." default:"policies" type:"existingdir"`
}

// Run checks a policy.
func (c *policyCheckCmd) Run(_ context.Context) error {
	methods, err := call.LoadMethods()
	if err != nil {
		return err
	}
	store, err := access.OpenPolicy(os.DirFS(c.Dir), methods.Permissions())
	if err != nil {
		return err
	}
	tests, err := os.ReadFile(c.Dir + "/permissions_test.csv")
	if err != nil {
		return err
	}
	ran, faults, err := access.CheckTests(store.Current(), tests)
	if err != nil {
		return err
	}
	for _, f := range faults {
		fmt.Printf("permissions_test.csv:%d: %s: %s\n", f.Line, f.Text, f.Problem)
	}
	if len(faults) > 0 {
		return fmt.Errorf("%d of %d policy tests failed", len(faults), ran)
	}
	fmt.Printf("policy %s: %d methods, %d tests passed\n", store.Current().Hash()[:12], len(methods), ran)
	return nil
}
