package serve

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"ferry/model"
)

// Limits of tails.
const (
	maxFollowers = 16
	tailQueue    = 1024            // requests that wait for one follower
	tailWrite    = 5 * time.Second // how long a follower may take to read what was written
	tailBeat     = 2 * time.Second // an empty line this often: it shows that both ends are there
	maxTailLine  = 16 << 10        // bytes
)

// tails hands requests that end to whoever follows them. Without followers it costs one
// atomic load a request.
type tails struct {
	mu   sync.Mutex
	all  atomic.Pointer[[]*follower] // replaced, never changed
	over chan struct{}               // closed when the server stops
	once sync.Once
}

// follower is one tail that is read.
type follower struct {
	filter model.TailFilter
	queue  chan *record
	lost   atomic.Uint64
}

func newTails() *tails { return &tails{over: make(chan struct{})} }

// add offers a request to every follower, and waits for none.
func (t *tails) add(r *record) {
	all := t.all.Load()
	if all == nil {
		return
	}
	for _, f := range *all {
		if !f.wants(r) {
			continue
		}
		select {
		case f.queue <- r:
		default:
			f.lost.Add(1)
		}
	}
}

func (f *follower) wants(r *record) bool {
	return (f.filter.Class == 0 || r.status/100 == f.filter.Class) &&
		(f.filter.Client == "" || strings.EqualFold(r.upstream, f.filter.Client))
}

// follow adds a follower; nil when there are too many.
func (t *tails) follow(filter model.TailFilter) *follower {
	f := &follower{filter: filter, queue: make(chan *record, tailQueue)}
	if !t.replace(func(was []*follower) []*follower {
		if len(was) >= maxFollowers {
			return nil
		}
		return append(was, f)
	}) {
		return nil
	}
	return f
}

func (t *tails) leave(f *follower) {
	t.replace(func(was []*follower) []*follower {
		out := was[:0]
		for _, other := range was {
			if other != f {
				out = append(out, other)
			}
		}
		return out
	})
}

// replace changes a copy of the list; nil leaves it as it is.
func (t *tails) replace(change func([]*follower) []*follower) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	var was []*follower
	if p := t.all.Load(); p != nil {
		was = append(was, *p...)
	}
	next := change(was)
	if next == nil {
		return false
	}
	if len(next) == 0 {
		t.all.Store(nil)
	} else {
		t.all.Store(&next)
	}
	return true
}

// end lets every follower go.
func (t *tails) end() { t.once.Do(func() { close(t.over) }) }

// tailPage answers GET /tail: one line of JSON for each request that ends from now on.
func (s *Server) tailPage(w http.ResponseWriter, r *http.Request) {
	filter, err := tailFilter(r.URL.Query())
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	f := s.tails.follow(filter)
	if f == nil {
		http.Error(w, "too many tails are read already", http.StatusServiceUnavailable)
		return
	}
	defer s.tails.leave(f)
	w.Header().Set("Content-Type", "application/jsonl")
	w.Header().Set("Cache-Control", "no-store")
	// The time limits of the socket are for short answers.
	rc := http.NewResponseController(w)
	_ = rc.SetReadDeadline(time.Time{}) // a real connection takes it
	beat := time.NewTicker(tailBeat)
	defer beat.Stop()
	out := json.NewEncoder(w)
	send := func(text any) bool {
		_ = rc.SetWriteDeadline(time.Now().Add(tailWrite)) // the same
		if text == nil {
			_, err = io.WriteString(w, "\n")
		} else {
			err = out.Encode(text)
		}
		return err == nil && (len(f.queue) > 0 || rc.Flush() == nil)
	}
	for ok := send(nil); ok; {
		select {
		case rec := <-f.queue:
			line := rec.served()
			line.Lost = f.lost.Swap(0)
			ok = send(line)
		case <-beat.C:
			ok = send(nil)
		case <-r.Context().Done():
			return
		case <-s.tails.over:
			return
		}
	}
}

var errFilter = errors.New("status is a class from 1 to 5")

func tailFilter(q url.Values) (model.TailFilter, error) {
	f := model.TailFilter{Client: q.Get("client")}
	if text := q.Get("status"); text != "" {
		n, err := strconv.Atoi(strings.TrimSuffix(text, "xx"))
		if err != nil || n < 1 || n > 5 {
			return f, errFilter
		}
		f.Class = n
	}
	return f, nil
}

// Tail implements model.ServerProbe.
func (p *probe) Tail(ctx context.Context, f model.TailFilter, each func(model.ServedRequest) error) error {
	// A server that stops beating is as good as gone.
	inner, cancel := context.WithCancel(ctx)
	defer cancel()
	silent := time.AfterFunc(probeTime, cancel)
	defer silent.Stop()
	q := url.Values{}
	if f.Client != "" {
		q.Set("client", f.Client)
	}
	if f.Class != 0 {
		q.Set("status", strconv.Itoa(f.Class))
	}
	resp, err := p.get(inner, "/tail?"+q.Encode())
	if err != nil {
		return tailEnded(ctx, inner, err)
	}
	defer resp.Body.Close()
	for lines := bufio.NewReaderSize(resp.Body, maxTailLine); ; {
		silent.Reset(tailBeat + probeTime)
		line, err := lines.ReadSlice('\n')
		if errors.Is(err, io.EOF) {
			return ctx.Err() // the server has stopped
		}
		if err != nil {
			return tailEnded(ctx, inner, err)
		}
		silent.Stop() // each may take as long as it likes
		if len(line) == 1 {
			continue
		}
		var r model.ServedRequest
		if err := json.Unmarshal(line, &r); err != nil {
			return model.Errorf(model.EUnreachable, "the admin socket answered something else").WithCause(err)
		}
		for _, text := range textsOf(&r) {
			*text = model.Printable(*text)
		}
		if err := each(r); err != nil {
			return err
		}
	}
}

// tailEnded is why a tail broke off: it was asked to, the server fell silent, or it is gone.
func tailEnded(asked, inner context.Context, err error) error {
	switch {
	case asked.Err() != nil:
		return asked.Err()
	case inner.Err() != nil:
		return notAnswered(context.DeadlineExceeded)
	case model.CodeOf(err) != model.EInternal:
		return err
	}
	return model.Errorf(model.EUnreachable, "the server went away").WithCause(err)
}
