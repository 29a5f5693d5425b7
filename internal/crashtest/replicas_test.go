package crashtest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/servertest"
)

// pair is two replicas on one database.
type pair struct {
	site   *servertest.Site
	number atomic.Int64
}

func (r *pair) register(ctx context.Context, conn *grpc.ClientConn) (number int, err error) {
	number = int(r.number.Add(1))
	_, err = registerv1.NewNominalServiceClient(conn).RegisterNominal(ctx, nominal("33", fmt.Sprint("r", number), 1, number))
	return number, err
}

// finds searches for a person, whose name and birth are his alone.
func finds(ctx context.Context, conn *grpc.ClientConn, number int) error {
	found, err := registerv1.NewSearchServiceClient(conn).CreateSearch(ctx, search(number))
	if err != nil {
		return err
	}
	want := nameOf(number)
	for _, c := range found.GetCandidates() {
		if b := c.GetBirthDate(); c.GetDisplayName() == want.GetGiven()+" "+want.GetSurname() && b.GetDay() == birthOf(number).GetDay() && b.GetYear() == birthOf(number).GetYear() {
			return nil
		}
	}
	return fmt.Errorf("person %d: %w", number, errMissed)
}

var errMissed = errors.New("registered through one replica, not found through the other")

// crosswise registers through one replica and searches at once through the
// other, both ways at the same time.
func (r *pair) crosswise(t *testing.T, rounds int, one, other *grpc.ClientConn) {
	t.Helper()
	var wg sync.WaitGroup
	for i := range 4 {
		from, to := one, other
		if i%2 == 1 {
			from, to = other, one
		}
		wg.Go(func() {
			for range rounds {
				number, err := r.register(t.Context(), from)
				if err == nil {
					err = finds(t.Context(), to, number)
				}
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
}

// staleOrLevel searches through a replica that cannot, or could not, reach the
// register: it must see everything or say that it cannot.
func staleOrLevel(t *testing.T, conn *grpc.ClientConn, number int) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), wait)
	defer cancel()
	err := finds(ctx, conn, number)
	if err != nil && status.Code(err) != codes.Unavailable {
		t.Errorf("neither found nor UNAVAILABLE: %v", err)
	}
	return err
}

// Two replicas write to one database. What one registers the other finds at
// once; one is stopped, cut off in two ways, and restarted, and the other goes
// on; the log stays one order.
func TestReplicas(t *testing.T) {
	t.Parallel()
	site := servertest.NewSite(t, nil)
	r := &pair{site: site}
	steady := site.StartProgram(site.Config())
	line, url := through(t, site.DB.ServiceURL)
	config := site.Config()
	config.Database.URL = url
	shaky := site.StartProgram(config)
	a, b := steady.Dial("33"), shaky.Dial("33")
	r.crosswise(t, 40, a, b)

	// After a rest a search begins before it knows what is new.
	for range 3 {
		time.Sleep(1500 * time.Millisecond)
		r.crosswise(t, 1, a, b)
	}

	// Paused, perhaps with the log's lock in its hand: the other is refused
	// until PostgreSQL takes the lock away, and then goes on.
	for range 3 {
		writing, stop := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				for writing.Err() == nil {
					_, _ = r.register(writing, b) // what becomes of these does not matter
				}
			})
		}
		time.Sleep(30 * time.Millisecond)
		shaky.Signal(syscall.SIGSTOP)
		var number int
		eventually(t, "the other replica does not go on", func(ctx context.Context) (err error) {
			number, err = r.register(ctx, a)
			return err
		})
		shaky.Signal(syscall.SIGCONT)
		if staleOrLevel(t, b, number) != nil {
			eventually(t, "the paused replica does not come back", func(ctx context.Context) error { return finds(ctx, b, number) })
		}
		stop()
		wg.Wait()
	}

	for _, cut := range []struct{ down, held bool }{{down: true}, {held: true}} {
		line.set(cut.down, cut.held)
		number, err := r.register(t.Context(), a)
		if err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		wg.Go(func() {
			if staleOrLevel(t, b, number) == nil {
				t.Error("a replica without its database answered")
			}
		})
		wg.Go(func() {
			if _, err := r.register(t.Context(), b); status.Code(err) != codes.Unavailable {
				t.Errorf("a replica without its database: %v", err)
			}
		})
		wg.Wait()
		line.set(false, false)
		eventually(t, "the replica that was cut off does not come back", func(context.Context) error { return staleOrLevel(t, b, number) })
	}

	number, err := r.register(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	shaky.Kill()
	shaky = site.StartProgram(config)
	b = shaky.Dial("33")
	if err := finds(t.Context(), b, number); err != nil {
		t.Error(err)
	}
	r.crosswise(t, 10, a, b)
	checkWhole(t, site)
}
