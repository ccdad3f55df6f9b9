package paging

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"ferry/model"
)

// reader is one reading under way. A producer fetches pages and takes them apart, one ahead
// of the consumer, who hands them to the visitor; what decides over the next page (pos,
// seen, plan, path) belongs to the producer, and to the consumer while it reads a stream,
// because the producer waits for it then.
type reader struct {
	src     *Source
	plan    plan
	filter  model.Filter // finds the records; nil: path does
	pos     Position     // after the last page that was settled
	seen    seen
	path    []string // of the list
	known   bool     // path was found
	single  bool     // the page as a whole is the record
	step    int64    // records of the last page, before a filter
	counted int64    // records so far, before a filter: at least
	top     string   // of the endpoint: $top of OData takes so many of all
	pages   int64    // that there are, 0: not known
	member  string   // that held the link or the cursor of the last page
	misses  int      // pages that were fetched ahead and not needed
	empty   int      // pages without a record one after the other

	requests, retries, bytes atomic.Int64
	validators               Validators
	unmodified               bool

	ready   chan *page
	running sync.WaitGroup

	mu   sync.Mutex
	why  string // nothing moves
	told string // what Waiting was told last; the consumer's alone
	news chan struct{}
}

// page is one page on its way to the visitor.
type page struct {
	n      int64
	before Position
	after  Position
	body   *body
	data   []byte // in which records lie
	spans  []span
	skip   bool  // it is the first page once more
	err    error // instead of the page
	then   error // after it
	torn   bool  // the JSON ends too early
	// A stream is read by the consumer, who then closes settled.
	stream  *answer
	fetch   *fetch
	settled chan struct{}
}

// span is where a record lies.
type span struct{ from, to uint32 }

// spans are those of pages that were visited.
var spans = sync.Pool{New: func() any { return []span(nil) }}

func newReader(s *Source, p Position) (*reader, error) {
	if err := Check(&s.Reading, s.Compile); err != nil {
		return nil, err
	}
	r := &reader{src: s, plan: newPlan(s.Endpoint, s.Reading), pos: p, counted: p.Records, seen: parseSeen(p.Seen), ready: make(chan *page), news: make(chan struct{}, 1)}
	r.top, _ = r.plan.own("$top")
	if p.Page > 0 {
		if p.Paging != "" {
			r.plan.scheme = model.Paging(p.Paging)
		}
		r.plan.param = firstOf(r.plan.param, p.Param)
	}
	if err := r.findBy(s.Reading.Items, s.Compile); err != nil {
		return nil, err
	}
	if p.Page > 0 && !r.known && r.filter == nil && p.Items != "" {
		r.keep(p.Items)
	}
	return r, r.resumable()
}

// findBy takes what a person says of the place of the records.
func (r *reader) findBy(expr string, compile model.FilterCompiler) error {
	if expr == "" {
		return nil
	}
	if place, ok := placeOf(expr); ok {
		r.keep(place)
		return nil
	}
	var err error
	r.filter, err = compile(expr)
	return err
}

// keep remembers where the records lie.
func (r *reader) keep(place string) {
	r.known, r.single, r.path = true, place == wholePlace, splitPlace(place)
	if r.single {
		r.path = nil
	}
	r.pos.Items = place
}

// resumable refuses to go on where the last page led astray.
func (r *reader) resumable() error {
	target, stray := strings.CutPrefix(r.pos.Next, strayed)
	if !stray {
		return nil
	}
	c := r.src.Link.Client()
	_, err := resolve(&c, r.plan.request(""), target)
	return r.fault(&page{n: r.pos.Page + 1, before: r.pos}, err)
}

func (r *reader) now() time.Time {
	if r.src.Now != nil {
		return r.src.Now()
	}
	return time.Now()
}

func (r *reader) stats() Stats {
	return Stats{Requests: r.requests.Load(), Retries: r.retries.Load(), Bytes: r.bytes.Load(), NotModified: r.unmodified, Validators: r.validators}
}

// run is the consumer.
func (r *reader) run(ctx context.Context, v Visitor) error {
	ctx, cancel := context.WithCancel(ctx)
	defer r.running.Wait()
	defer cancel()
	r.running.Go(func() { r.produce(ctx) })
	for {
		if r.stopped() {
			return model.ErrStopped
		}
		pg, err := receive(ctx, r, r.ready)
		switch {
		case err != nil:
			return err
		case pg == nil && r.unmodified:
			return nil
		case pg == nil:
			return ctx.Err()
		case pg.err != nil:
			return pg.err
		}
		if err := r.visit(ctx, pg, v); err != nil {
			return err
		}
		if pg.then != nil {
			return pg.then
		}
		if pg.after.Over {
			return nil
		}
	}
}

func (r *reader) stopped() bool {
	select {
	case <-r.src.Stop:
		return true
	default:
		return false
	}
}

// receive waits for what the other side sends, and tells meanwhile why it has to.
func receive[T any](ctx context.Context, r *reader, from <-chan T) (T, error) {
	var none T
	for {
		select {
		case x := <-from:
			r.tell("")
			return x, nil
		case <-r.news:
			r.mu.Lock()
			why := r.why
			r.mu.Unlock()
			r.tell(why)
		case <-r.src.Stop:
			return none, model.ErrStopped
		case <-ctx.Done():
			return none, ctx.Err()
		}
	}
}

func (r *reader) tell(why string) {
	if r.src.Waiting != nil && why != r.told {
		r.told = why
		r.src.Waiting(why)
	}
}

// say notes why nothing moves; the consumer passes it on when it waits.
func (r *reader) say(why string) {
	r.mu.Lock()
	r.why = why
	r.mu.Unlock()
	select {
	case r.news <- struct{}{}:
	default:
	}
}
