package main

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
)

// WatchAlerts sends the three alerts, and then what the test has it do: the stream breaks
// after so many messages, as often as breaks says.
func (f *fake) WatchAlerts(r *registerv1.WatchAlertsRequest, stream grpc.ServerStreamingServer[registerv1.WatchAlertsResponse]) error {
	f.mu.Lock()
	f.pages = append(f.pages, r.GetPageToken())
	refused := f.refuse > 0 && len(f.pages) > f.refuse
	after := -1
	if len(f.breaks) > 0 {
		after, f.breaks = f.breaks[0], f.breaks[1:]
	}
	f.mu.Unlock()
	if refused {
		return status.Error(codes.PermissionDenied, "no longer")
	}
	from := 0
	if r.GetPageToken() != "" {
		var err error
		if from, err = strconv.Atoi(r.GetPageToken()); err != nil {
			return status.Error(codes.InvalidArgument, "page token")
		}
	}
	if err := stream.Send(&registerv1.WatchAlertsResponse{PageToken: strconv.Itoa(from)}); err != nil { // a sign of life
		return err
	}
	for sent := 0; from < 3; from++ {
		if sent == after {
			return status.Error(codes.Unavailable, "the server stops")
		}
		if err := stream.Send(&registerv1.WatchAlertsResponse{Alert: alert(from), PageToken: strconv.Itoa(from + 1)}); err != nil {
			return err
		}
		sent++
	}
	if after >= 0 {
		return status.Error(codes.Unavailable, "the server stops")
	}
	return nil
}

// What is watched comes over a stream, goes on after a break from the last alert that was
// printed, and is told apart by its name.
func TestAlertsWatch(t *testing.T) {
	b := newBench(t)
	cursor := filepath.Join(b.dir, "cursor")
	b.fake.breaks = []int{2, 0}
	watch := []string{"alerts", "watch", "--retry", "1ms", "--cursor", cursor}
	if code, out, errOut := b.run("", append(watch, "--once")...); code != exitNotAnswered || strings.Count(out, "LINK RETRACTED") != 2 {
		t.Errorf("once, and broken: exit %d, %s\n%s", code, errOut, out)
	}
	// The next is broken before anything comes, and must be tried again by hand.
	if code, _, _ := b.run("", append(watch, "--once")...); code != exitNotAnswered {
		t.Errorf("once, and broken again: exit %d", code)
	}
	code, out, errOut := b.run("", append(watch, "--once")...)
	if code != exitOK || strings.Count(out, "LINK RETRACTED") != 1 || !strings.Contains(out, alert(2).GetName()) {
		t.Errorf("exit %d, %s\n%s", code, errOut, out)
	}
	if kept, err := os.ReadFile(cursor); err != nil || string(kept) != "3\n" {
		t.Errorf("cursor %q, %v", kept, err)
	}
	if want := []string{"", "2", "2"}; !slices.Equal(b.fake.pages, want) {
		t.Errorf("asked from %q, want %q", b.fake.pages, want)
	}
	if code, out, _ := b.run("", append(watch, "--once")...); code != exitOK || out != "" {
		t.Errorf("there are no more: exit %d\n%s", code, out)
	}
	if err := os.WriteFile(cursor, []byte("odd"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, errOut := b.run("", watch...); code != exitFault || !strings.Contains(errOut, "page token") {
		t.Errorf("a bad cursor: exit %d, %s", code, errOut)
	}
}

// A stream that breaks is opened again by itself, and each alert comes once.
func TestAlertsWatchGoesOn(t *testing.T) {
	b := newBench(t)
	b.fake.breaks = []int{1, 0, 1}
	b.fake.refuse = 4 // ends the watching: the register has judged
	code, out, errOut := b.run("", "--json", "alerts", "watch", "--retry", "1ms")
	for n := range 3 {
		if strings.Count(out, alert(n).GetName()) != 1 {
			t.Errorf("alert %d came %d times", n, strings.Count(out, alert(n).GetName()))
		}
	}
	if want := []string{"", "1", "1", "2"}; code == exitOK || !slices.Equal(b.fake.pages[:4], want) {
		t.Errorf("exit %d, %s, asked from %q", code, errOut, b.fake.pages)
	}
}
