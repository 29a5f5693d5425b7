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
	Dir string `arg:"" help:"Folder of model.conf, permissions.csv and permissions_test.csv." optional:"" default:"policies"`
}

// Run checks a policy.
func (c *policyCheckCmd) Run(_ context.Context) error {
	methods, err := call.LoadMethods()
	if err != nil {
		return err
	}
	policy, ran, faults, err := access.CheckFolder(os.DirFS(c.Dir), methods.Permissions())
	if err != nil {
		return err
	}
	for _, w := range policy.Warnings() {
		fmt.Println("warning:", w)
	}
	for _, f := range faults {
		fmt.Printf("permissions_test.csv:%d: %s: %s\n", f.Line, f.Text, f.Problem)
	}
	if len(faults) > 0 {
		return fmt.Errorf("%d of %d policy tests failed", len(faults), ran)
	}
	fmt.Printf("policy %s: %d methods, %d tests passed\n", policy.Hash()[:12], len(methods), ran)
	return nil
}
