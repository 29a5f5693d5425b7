package apitest

import (
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"sync"
	"testing"
	"time"

	pb "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/accesslog"
)

// A flag comes within five seconds of the entry that raises it, while force systems
// load records and others search as fast as they can; and the metrics and the health
// page say how far the watching has come. Of three misusers one at least must be seen
// in time, for the machine is others' too.
func TestAFlagComesInTimeWhateverClogsTheLog(t *testing.T) {
	t.Parallel()
	s := flow(t, nil)
	stop := make(chan struct{})
	var others sync.WaitGroup
	for n := range 6 {
		others.Go(func() {
			who := []string{"system-10", "system-43", "investigator-10", "control_room-43", "system-10", "spoc-10"}[n]
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				tag := fmt.Sprintf("load %d %d", n, i)
				via := s.w.transportsOf(who)[0]
				if isSystem(who) {
					s.w.call(t.Context(), via, who, registerNominal, nominal(who[len("system-"):], tag, "L-"+strconv.Itoa(n)+"-"+strconv.Itoa(i), 1))
				} else {
					s.w.call(t.Context(), via, who, createSearch, search(tag))
				}
			}
		})
	}
	defer others.Wait()
	defer close(stop)

	const bound = 5 * time.Second
	var took []time.Duration
	for _, who := range []string{"investigator-33", "supervisor-33", "spoc-33"} {
		for i := range 19 {
			s.must(who, createSearch, unexplained(fmt.Sprintf("%s's friend %d", who, i)))
		}
		f := s.waitForFlag("psd-33", "forces/33", who, nil)
		took = append(took, s.written(f).Sub(f.GetCreateTime().AsTime()))
		if took[len(took)-1] <= bound {
			break
		}
	}
	if took[len(took)-1] > bound {
		t.Errorf("flags come after %v", took)
	}

	text := s.admin("/metrics")
	for _, name := range []string{"register_misuse_unread", "register_misuse_behind_seconds"} {
		if !regexp.MustCompile(name + `\{[^}]*\} [0-9]`).MatchString(text) {
			t.Errorf("no %s", name)
		}
	}
	if !regexp.MustCompile(`all before \S+Z was judged for misuse, [0-9]+ entries are to come`).MatchString(s.admin("/healthz")) {
		t.Errorf("health: %s", s.admin("/healthz"))
	}
}

// written is when the entry was made with which a flag was written.
func (s *stage) written(f *pb.MisuseFlag) time.Time {
	s.Helper()
	r := entriesOf("forces/-")
	r.PageSize = 200
	var found time.Time
	for _, e := range s.must("auditor", listEntries, r).(*pb.ListEntriesResponse).GetEntries() {
		m, err := accesslog.ParseMetadata(e.GetMetadata())
		if err != nil {
			s.Fatal(err)
		}
		for _, v := range m.Versions {
			if f.GetName() == "forces/33/misuseFlags/"+v.Record.String() {
				found = m.Time
			}
		}
	}
	if found.IsZero() {
		s.Fatalf("no entry wrote %s", f.GetName())
	}
	return found
}

func (s *stage) admin(path string) string {
	s.Helper()
	return s.w.admin(s.T, path)
}

func (w *world) admin(t *testing.T, path string) string {
	t.Helper()
	resp, err := http.Get("http://" + w.replica.Server.AdminAddr() + path)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // only read
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
