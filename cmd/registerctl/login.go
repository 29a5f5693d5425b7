package main

import (
	"context"
	"os"
	"os/exec"
	"runtime"
	"strings"

	"google.golang.org/grpc"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/client"
)

type loginCmd struct {
	NoBrowser bool `help:"Only print the address to sign in at."`
}

// Run signs in.
func (c *loginCmd) Run(a *app) error {
	l, err := a.login()
	if err != nil {
		return err
	}
	if !c.NoBrowser {
		l.Open = func(address string) error { return openBrowser(a.ctx, address) }
	}
	who, err := l.SignIn(a.ctx)
	if err != nil {
		return err
	}
	name := who.Subject
	if who.Name != "" {
		name = who.Name + " (" + who.Subject + ")"
	}
	a.say("Signed in as %s.", client.Clean(name))
	return nil
}

// openBrowser starts the browser of the desktop, if there is one.
func openBrowser(ctx context.Context, address string) error {
	name, args := "xdg-open", []string{address}
	switch runtime.GOOS {
	case "darwin":
		name = "open"
	case "windows":
		name, args = "rundll32", []string{"url.dll,FileProtocolHandler", address}
	default:
		if os.Getenv("DISPLAY") == "" && os.Getenv("WAYLAND_DISPLAY") == "" {
			return nil
		}
	}
	cmd := exec.CommandContext(context.WithoutCancel(ctx), name, args...) //nolint:gosec // a fixed program, an address without a shell
	if err := cmd.Start(); err != nil {
		return err
	}
	return cmd.Process.Release()
}

type logoutCmd struct{}

// Run forgets the sign-in.
func (c *logoutCmd) Run(a *app) error {
	l, err := a.login()
	if err != nil {
		return err
	}
	had, err := l.SignOut(a.ctx)
	if err != nil {
		return err
	}
	if had {
		a.say("Signed out.")
	} else {
		a.say("You were not signed in.")
	}
	return nil
}

type tokenCmd struct{}

// Run prints the access token.
func (c *tokenCmd) Run(a *app) error {
	l, err := a.login()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(a.ctx, a.Timeout)
	defer cancel()
	token := a.Token
	if token == "" {
		if token, err = l.AccessToken(ctx); err != nil {
			return err
		}
	}
	a.say("%s", client.Clean(token))
	return nil
}

type whoamiCmd struct{}

// Run shows who the caller is.
func (c *whoamiCmd) Run(a *app) error {
	self, err := a.self()
	if err != nil {
		return err
	}
	if a.JSON {
		return a.printJSON(self)
	}
	rows := [][]string{{"force", forceCode(self.GetForce())}, {"collar number", self.GetCollarNumber()}, {"roles", strings.Join(self.GetRoles(), ", ")}}
	for i, p := range self.GetPermissions() {
		label := ""
		if i == 0 {
			label = "may"
		}
		rows = append(rows, []string{label, p})
	}
	a.table([]string{"subject", self.GetSubject()}, append(rows, []string{"policy", self.GetPolicyHash()}))
	return nil
}

func (a *app) self() (*registerv1.Self, error) {
	conn, err := a.connect()
	if err != nil {
		return nil, err
	}
	var self *registerv1.Self
	_, err = a.call(func(ctx context.Context, opts ...grpc.CallOption) (err error) {
		self, err = registerv1.NewDirectoryServiceClient(conn).GetSelf(ctx, &registerv1.GetSelfRequest{}, opts...)
		return err
	})
	return self, err
}
