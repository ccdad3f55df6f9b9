package paging

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-json-experiment/json/jsontext"

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
	if s.Reading.PageSize > 0 && s.Reading.SizeParam == "" && r.plan.scheme == model.PagingAuto && r.plan.given(sizeParams) == "" {
		return nil, model.Errorf(model.EInvalid, "the size of a page needs the name of its parameter, because how the source pages is not set").
			WithField("size_param").WithNext("add --size-param size (or per_page, limit …), or set --paging")
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

// produce fetches pages in their order until there are no more.
func (r *reader) produce(ctx context.Context) {
	defer close(r.ready)
	place := r.pos.Next
	if r.pos.Page == 0 {
		place = r.plan.first()
	}
	cur := r.start(ctx, place, r.pos.Page == 0)
	var ahead *fetch
	defer func() { cur.abandon(); ahead.abandon() }()
	for {
		if ahead == nil {
			ahead = r.ahead(ctx, cur.place)
		}
		a := <-cur.ready
		if ahead == nil {
			if next := r.hint(cur, &a); next != "" {
				ahead = r.start(ctx, next, false)
			}
		}
		pg := r.take(ctx, cur, a)
		if pg == nil {
			return
		}
		if pg.skip {
			pg.free()
			cur, ahead = r.following(ctx, cur, ahead), nil
			continue
		}
		more := pg.stream == nil && r.goesOn(pg)
		if more {
			cur, ahead = r.following(ctx, cur, ahead), nil
		}
		select {
		case r.ready <- pg:
		case <-ctx.Done():
			return
		}
		if pg.stream != nil {
			select {
			case <-pg.settled:
			case <-ctx.Done():
				return
			}
			if more = r.goesOn(pg); more {
				cur, ahead = r.following(ctx, cur, ahead), nil
			}
		}
		if !more {
			return
		}
	}
}

func (r *reader) goesOn(pg *page) bool { return pg.err == nil && pg.then == nil && !pg.after.Over }

// following returns the fetch of the next page, the one that was begun ahead if it is that.
func (r *reader) following(ctx context.Context, cur, ahead *fetch) *fetch {
	cur.abandon() // it has given its answer: this frees what its context holds
	if ahead != nil && ahead.place == r.pos.Next {
		return ahead
	}
	if ahead != nil {
		ahead.abandon()
		r.misses++
	}
	return r.start(ctx, r.pos.Next, false)
}

// take makes a page of what was fetched; nil when the source did not change. A page whose
// JSON ends too early is asked for again: whoever made it may have been cut off.
func (r *reader) take(ctx context.Context, f *fetch, a answer) *page {
	for {
		pg := r.takeOnce(ctx, f, a)
		if pg == nil || !pg.torn || f.tries >= maxTorn || r.hold(ctx, &answer{err: pg.err}, f.pauses) != nil {
			return pg
		}
		f.begin(ctx)
		a = <-f.ready
	}
}

func (r *reader) takeOnce(ctx context.Context, f *fetch, a answer) *page {
	pg := &page{n: r.pos.Page + 1, before: r.pos, fetch: f, body: a.body}
	if a.late != nil {
		pg.stream, pg.settled = &a, make(chan struct{})
		return pg
	}
	switch {
	case a.err != nil:
		pg.err = r.refused(pg, &a)
	case f.first && a.resp.Status == 304:
		r.unmodified = true
		return nil
	case a.resp.Status/100 != 2:
		pg.err = r.refused(pg, &a)
	default:
		pg.err = r.parse(ctx, pg, &a)
	}
	return pg
}

// parse takes a held page apart.
func (r *reader) parse(ctx context.Context, pg *page, a *answer) error {
	data := bytes.TrimPrefix(*a.body.held, bom)
	var sum digest
	f := newFacts()
	count, err := int64(0), error(nil)
	switch {
	case a.resp.Status == 204 || a.resp.Status == 205:
	case r.filter != nil:
		count, err = r.sift(ctx, pg, data, &f, &sum)
	default:
		pg.data, pg.spans = data, spans.Get().([]span)[:0]
		rd := bytes.NewBuffer(data)
		err = r.walk(rd, data, true, &f, func(rec jsontext.Value, end int64) error {
			pg.spans = append(pg.spans, span{uint32(end) - uint32(len(rec)), uint32(end)}) //nolint:gosec // a held page is far shorter
			return nil
		})
		if count = int64(len(pg.spans)); count > 0 {
			sum.add(data[pg.spans[0].from:pg.spans[count-1].to])
		}
	}
	if err != nil {
		pg.torn = isEOF(err) && len(data) > 0
		return r.malformed(pg, a, data, err)
	}
	return r.settle(pg, a, &f, count, int64(len(pg.spans)), sum.sum())
}

var bom = []byte("\ufeff")

// walk runs over one page. Prefix is its beginning, or all of it.
func (r *reader) walk(rd interface{ Read([]byte) (int, error) }, prefix []byte, whole bool, f *facts, record func(rec jsontext.Value, end int64) error) error {
	d := jsontext.NewDecoder(rd)
	if g, ok := rd.(*guard); ok {
		g.d = d
	}
	if !r.known {
		if err := r.discover(prefix, whole, f); err != nil {
			return err
		}
	}
	w := walker{d: d, path: r.path, cursor: splitPlace(r.src.Reading.CursorField), facts: f, record: func(rec jsontext.Value) error {
		return record(rec, d.InputOffset())
	}}
	if r.single {
		rec, err := d.ReadValue()
		if err != nil {
			return err
		}
		if err := w.record(rec); err != nil {
			return err
		}
		return w.trailing()
	}
	if !r.known { // nothing but what is about paging
		w.path = []string{"\x00"}
	}
	f.names, f.strange, f.failed = nil, false, false
	if err := w.run(); err != nil {
		return err
	}
	if w.found || w.absent || !f.strange && !f.failed && len(r.path) > 0 || !r.known {
		return nil
	}
	return errNotList
}

// discover finds where the records of the first page lie.
func (r *reader) discover(prefix []byte, whole bool, f *facts) error {
	place, candidates, err := find(prefix)
	if err == nil {
		r.keep(place)
		return nil
	}
	if !errors.Is(err, errNoList) && !errors.Is(err, errManyLists) {
		return err
	}
	if r.plan.scheme == model.PagingNone {
		r.keep(wholePlace)
		return nil
	}
	if errors.Is(err, errManyLists) {
		return &noListError{names: candidates, many: true}
	}
	w := walker{d: jsontext.NewDecoder(bytes.NewBuffer(prefix)), path: []string{"\x00"}, facts: f, record: func(jsontext.Value) error { return nil }}
	k := w.d.PeekKind()
	if err := w.run(); err != nil && (whole || !isEOF(err)) {
		return err
	}
	if k == '{' && !f.strange && !f.failed {
		return nil // an empty page: some leave the list out then
	}
	return &noListError{names: f.names, failed: f.failed, scalar: k != '{'}
}

// noListError is a page in which no records are found.
type noListError struct {
	names                []string
	many, failed, scalar bool
}

func (e *noListError) Error() string { return "no list" }

// wholePlace is the Position.Items of a page that is one record.
const wholePlace = "."
