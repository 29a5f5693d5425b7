package crashtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	registerv1 "github.com/perpetrator-register/register/api/register/v1"
	"github.com/perpetrator-register/register/internal/accesslog"
	"github.com/perpetrator-register/register/internal/servertest"
)

// links are connections to the server that runs now: by force, and of people.
type links struct {
	system map[string]*grpc.ClientConn
	people *grpc.ClientConn
}

// record is what a client knows of a record that it alone writes.
type record struct {
	force, reference, name string
	number                 int
	course                 bool
	revision               int64
	version                int64   // acknowledged last
	unknown                int64   // writes since then of which nothing is known
	cancelled, erased      bool    // acknowledged
	erasing                bool    // asked for
	suspect                *record // of a course
}

// noted is a receipt with what it was for.
type noted struct {
	index      int64
	leaf       string
	checkpoint []byte
	what       string
}

// load is a number of clients and what the register acknowledged to them.
type load struct {
	site   *servertest.Site
	links  atomic.Pointer[links]
	tokens map[string]string
	acks   atomic.Int64
	wg     sync.WaitGroup
	stopc  chan struct{}

	mu       sync.Mutex
	records  []*record
	receipts []noted
	searches map[string]string // name by subject's force
	refusals map[codes.Code]int
	faults   []error
}

func newLoad(site *servertest.Site) *load {
	l := &load{
		site: site, stopc: make(chan struct{}), searches: map[string]string{}, refusals: map[codes.Code]int{}, tokens: map[string]string{},
	}
	for _, f := range servertest.Forces {
		l.tokens[f] = site.Token("dpo-"+f, nil)
	}
	return l
}

// connect turns the clients to a server.
func (l *load) connect(p *servertest.Program) {
	links := &links{system: map[string]*grpc.ClientConn{}, people: p.Dial("")}
	for _, f := range servertest.Forces {
		links.system[f] = p.Dial(f)
	}
	l.links.Store(links)
}

// start sends clients to work.
func (l *load) start(clients int, seed uint64) {
	for i := range clients {
		c := &client{load: l, id: i, force: servertest.Forces[i%len(servertest.Forces)], random: rand.New(rand.NewPCG(seed, uint64(i)))}
		l.wg.Go(c.work)
	}
}

func (l *load) stop() {
	close(l.stopc)
	l.wg.Wait()
}

func (l *load) stopped() bool {
	select {
	case <-l.stopc:
		return true
	default:
		return false
	}
}

// await waits until the register has acknowledged some more.
func (l *load) await(t *testing.T, more int64) {
	t.Helper()
	began := l.acks.Load()
	eventually(t, "the register acknowledges nothing more", func(context.Context) error {
		if l.acks.Load() < began+more {
			l.mu.Lock()
			defer l.mu.Unlock()
			return fmt.Errorf("refusals: %v", l.refusals)
		}
		return nil
	})
}

func (l *load) fault(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.faults = append(l.faults, fmt.Errorf(format, args...))
}

// refused counts an error. While servers die there is one good answer:
// UNAVAILABLE, or none within the client's time.
func (l *load) refused(what string, err error) {
	code := status.Code(err)
	l.mu.Lock()
	l.refusals[code]++
	l.mu.Unlock()
	switch code {
	case codes.Unavailable, codes.DeadlineExceeded, codes.Canceled:
	default:
		l.fault("%s: %w", what, err)
	}
}

// acknowledged notes the receipt of an answer.
func (l *load) acknowledged(what string, trailer metadata.MD) {
	l.acks.Add(1)
	values := trailer.Get(accesslog.ReceiptKey)
	if len(values) != 1 {
		l.fault("%s: an answer without a receipt", what)
		return
	}
	r, err := accesslog.ParseReceipt(values[0])
	if err != nil {
		l.fault("%s: %w", what, err)
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.receipts = append(l.receipts, noted{index: r.Index, leaf: r.Leaf.String(), checkpoint: r.Checkpoint, what: what})
}

// client writes records of its own and searches for those of all.
type client struct {
	*load
	id     int
	force  string
	random *rand.Rand
	mine   []*record
	made   int
}

const clientTimeout = 5 * time.Second

func (c *client) work() {
	for !c.stopped() {
		switch n := c.random.IntN(100); {
		case n < 30:
			c.register(c.fresh(nil))
		case n < 42:
			c.revise()
		case n < 52:
			if suspect := c.pick(); suspect != nil {
				c.register(c.fresh(suspect))
			}
		case n < 67:
			c.stream()
		case n < 90:
			c.search()
		case n < 95:
			c.cancel()
		default:
			c.erase()
		}
		time.Sleep(time.Duration(c.random.IntN(8)) * time.Millisecond)
	}
}

// fresh makes a nominal, or the course of a suspect.
func (c *client) fresh(suspect *record) *record {
	c.made++
	r := &record{
		force: c.force, reference: fmt.Sprintf("c%d-%d", c.id, c.made), number: c.id*1000 + c.made, course: suspect != nil, suspect: suspect, revision: 1,
	}
	c.mu.Lock()
	c.records = append(c.records, r)
	c.mu.Unlock()
	return r
}

// pick chooses a nominal that stands.
func (c *client) pick() *record {
	for range 10 {
		if len(c.mine) == 0 {
			return nil
		}
		if r := c.mine[c.random.IntN(len(c.mine))]; !r.course && !r.cancelled && !r.erased && !r.erasing && r.unknown == 0 {
			return r
		}
	}
	return nil
}

// call makes a call over and over until it is answered; before sends it each
// time. It gives up when the test ends.
func (c *client) call(what string, person bool, attempt func(ctx context.Context, conn *grpc.ClientConn, trailer grpc.CallOption) error, unsure func()) bool {
	for !c.stopped() {
		ctx, cancel := context.WithTimeout(context.Background(), clientTimeout)
		links := c.links.Load()
		conn := links.system[c.force]
		if person {
			conn = links.people
			ctx = servertest.WithToken(ctx, c.tokens[c.force])
		}
		var trailer metadata.MD
		err := attempt(ctx, conn, grpc.Trailer(&trailer))
		cancel()
		if err == nil {
			c.acknowledged(what, trailer)
			return true
		}
		c.refused(what, err)
		if unsure != nil {
			unsure()
		}
		if code := status.Code(err); code != codes.Unavailable && code != codes.DeadlineExceeded && code != codes.Canceled {
			return false
		}
		time.Sleep(time.Duration(5+c.random.IntN(20)) * time.Millisecond)
	}
	return false
}

func (c *client) register(f *record) {
	unsure := func() { f.unknown++ }
	var name string
	var version int64
	ok := c.call("register "+f.reference, false, func(ctx context.Context, conn *grpc.ClientConn, trailer grpc.CallOption) error {
		if f.course {
			resp, err := registerv1.NewConductServiceClient(conn).RegisterCourse(ctx, course(f.force, f.reference, f.suspect.reference, f.revision, f.number), trailer)
			name, version = resp.GetName(), resp.GetVersion()
			return err
		}
		resp, err := registerv1.NewNominalServiceClient(conn).RegisterNominal(ctx, nominal(f.force, f.reference, f.revision, f.number), trailer)
		name, version = resp.GetName(), resp.GetVersion()
		return err
	}, unsure)
	if ok {
		c.stands(f, name, version)
	}
}

// stands notes that a write was acknowledged. A registration that was sent
// again is stored once, so nothing remains unknown.
func (c *client) stands(r *record, name string, version int64) {
	if r.name != "" && r.name != name {
		c.fault("%s was %s and is %s", r.reference, r.name, name)
	}
	if version < r.version {
		c.fault("%s went back from version %d to %d", r.reference, r.version, version)
	}
	if r.name == "" {
		c.mine = append(c.mine, r)
	}
	r.name, r.version, r.unknown = name, version, 0
}

func (c *client) revise() {
	r := c.pick()
	if r == nil {
		return
	}
	r.revision++
	before := r.version
	c.register(r)
	if r.unknown == 0 && r.version != before+1 {
		c.fault("%s: revision %d became version %d after %d", r.reference, r.revision, r.version, before)
	}
}

func (c *client) cancel() {
	r := c.pick()
	if r == nil {
		return
	}
	var version int64
	tries := int64(0)
	ok := c.call("cancel "+r.reference, false, func(ctx context.Context, conn *grpc.ClientConn, trailer grpc.CallOption) error {
		tries++
		resp, err := registerv1.NewNominalServiceClient(conn).CancelNominal(ctx, &registerv1.CancelNominalRequest{
			Name: r.name, Reason: registerv1.CancelReason_CANCEL_REASON_NO_CRIME,
		}, trailer)
		version = resp.GetVersion()
		return err
	}, func() { r.unknown++ })
	if !ok {
		return
	}
	if version <= r.version || version > r.version+tries {
		c.fault("%s: cancelled as version %d after %d in %d tries", r.reference, version, r.version, tries)
	}
	r.cancelled = true
	c.stands(r, r.name, version)
}

func (c *client) erase() {
	r := c.pick()
	if r == nil {
		return
	}
	r.erasing = true
	gone := false
	ok := c.call("erase "+r.reference, true, func(ctx context.Context, conn *grpc.ClientConn, trailer grpc.CallOption) error {
		_, err := registerv1.NewNominalServiceClient(conn).EraseNominal(ctx, &registerv1.EraseNominalRequest{
			Name: r.name, Ground: registerv1.ErasureGround_ERASURE_GROUND_RETENTION, Reference: "review 7",
		}, trailer)
		if status.Code(err) == codes.NotFound && gone {
			return nil // an earlier try, of which nothing was heard, did it
		}
		gone = true
		return err
	}, nil)
	r.erased = ok
}

func (c *client) search() {
	number := c.id*1000 + 1
	r := c.pick()
	if r != nil {
		number = r.number
	}
	var found *registerv1.Search
	if c.call("search", false, func(ctx context.Context, conn *grpc.ClientConn, trailer grpc.CallOption) (err error) {
		found, err = registerv1.NewSearchServiceClient(conn).CreateSearch(ctx, search(number), trailer)
		return err
	}, nil) {
		if r != nil && found.GetOutcome() != registerv1.SearchOutcome_SEARCH_OUTCOME_HIT {
			c.fault("a search does not find %s", r.reference)
		}
		c.mu.Lock()
		c.searches[found.GetName()] = c.force
		c.mu.Unlock()
	}
}

// stream registers some nominals, each with a course, and sends again what was
// not answered.
func (c *client) stream() {
	var todo []*record
	for range 2 + c.random.IntN(6) {
		n := c.fresh(nil)
		todo = append(todo, n, c.fresh(n))
	}
	for len(todo) > 0 && !c.stopped() {
		answered, err := c.streamOnce(todo)
		todo = todo[answered:]
		if err != nil {
			c.refused("stream", err)
			for _, f := range todo {
				f.unknown++
			}
			time.Sleep(time.Duration(5+c.random.IntN(20)) * time.Millisecond)
		}
	}
}

func (c *client) streamOnce(todo []*record) (answered int, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), clientTimeout)
	defer cancel()
	stream, err := registerv1.NewRegistrationServiceClient(c.links.Load().system[c.force]).RegisterRecords(ctx)
	if err != nil {
		return 0, err
	}
	for i, f := range todo {
		m := &registerv1.RegisterRecordsRequest{Sequence: int64(i)}
		if f.course {
			m.Record = &registerv1.RegisterRecordsRequest_Course{Course: course(f.force, f.reference, f.suspect.reference, 1, f.number)}
		} else {
			m.Record = &registerv1.RegisterRecordsRequest_Nominal{Nominal: nominal(f.force, f.reference, 1, f.number)}
		}
		if err := stream.Send(m); err != nil {
			break // the reason comes with the answers
		}
	}
	_ = stream.CloseSend() // the reason comes with the answers
	for ; answered < len(todo); answered++ {
		m, err := stream.Recv()
		if err != nil {
			return answered, err
		}
		f := todo[answered]
		if m.GetSequence() != int64(answered) {
			c.fault("answer %d came instead of %d", m.GetSequence(), answered)
		}
		if e := m.GetError(); e != nil {
			if e.GetStatus() != "UNAVAILABLE" {
				c.fault("%s in a stream: %s %s: %s", f.reference, e.GetStatus(), e.GetReason(), e.GetMessage())
			}
			return answered, status.Error(codes.Unavailable, e.GetMessage())
		}
		c.answered(f, m)
	}
	if _, err := stream.Recv(); err != nil && !errors.Is(err, io.EOF) {
		return answered, err
	}
	c.acknowledged("stream", stream.Trailer())
	return answered, nil
}

func (c *client) answered(f *record, m *registerv1.RegisterRecordsResponse) {
	name, version := m.GetNominal().GetName(), m.GetNominal().GetVersion()
	if f.course {
		name, version = m.GetCourse().GetName(), m.GetCourse().GetVersion()
	}
	c.stands(f, name, version)
	c.acks.Add(1)
	index, leaf, ok := strings.Cut(strings.TrimPrefix(m.GetReceipt(), "index="), ";leaf=")
	n, err := strconv.ParseInt(index, 10, 64)
	if !ok || err != nil {
		c.fault("%s: not a receipt: %q", f.reference, m.GetReceipt())
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.receipts = append(c.receipts, noted{index: n, leaf: leaf, what: "stream " + f.reference})
}
