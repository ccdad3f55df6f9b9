package serve

import (
	"cmp"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"ferry/model"
)

// record is one request that was answered, as the access log and the admin socket tell
// of it. It never changes.
type record struct {
	at     time.Time
	took   time.Duration
	id     string
	method string
	route  string // what matched, never the path as it was sent: that may hold a pasted secret
	target string // of a known caller's gateway request, as it was sent, else ""
	client string
	space  string
	// upstream is the name of a stored API client, "" where the request was for none.
	upstream string
	reason   string
	addr     netip.Addr
	status   int
	bytes    int64
}

// Sizes of what is kept in memory.
const (
	secondsKept = 60
	recentKept  = 200
	ringSize    = 256 // more than recentKept: the oldest may be overwritten while they are read
	maxRoutes   = 200
	maxReasons  = 64
	otherLabel  = "other"
	// maxUpstreams is for how many API clients behind the gateway there are metrics.
	maxUpstreams = 500
)

// stats counts what happened. Counting takes no lock.
type stats struct {
	requests, tokens, api, refused, failed, panics, dropped, logFailed atomic.Uint64

	seconds  [secondsKept + 4]atomic.Uint64 // upper half: which second, lower half: how many
	ring     [ringSize]atomic.Pointer[record]
	next     atomic.Uint64
	routes   table[string, routeStats]
	refusals table[string, refusal]
	gateway  table[upstream, [5]atomic.Uint64] // then by classLabels
}

// upstream is an API client behind the gateway.
type upstream struct{ space, name string }

type refusal struct {
	count atomic.Uint64
	last  atomic.Int64 // Unix nanoseconds
}

func newStats() *stats {
	return &stats{
		routes:   table[string, routeStats]{limit: maxRoutes, other: otherLabel},
		refusals: table[string, refusal]{limit: maxReasons, other: otherLabel},
		gateway:  table[upstream, [5]atomic.Uint64]{limit: maxUpstreams, other: upstream{otherLabel, otherLabel}},
	}
}

// table is a small map that grows rarely: it is read without a lock and copied to be changed.
type table[K comparable, T any] struct {
	limit int
	other K
	mu    sync.Mutex
	now   atomic.Pointer[map[K]*T]
}

// get returns the entry of name, the other one when there are too many names.
func (t *table[K, T]) get(name K) *T {
	if v := t.all()[name]; v != nil {
		return v
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	old := t.all()
	if len(old) >= t.limit && old[name] == nil {
		name = t.other
	}
	if v := old[name]; v != nil {
		return v
	}
	fresh := maps.Clone(old)
	if fresh == nil {
		fresh = make(map[K]*T)
	}
	v := new(T)
	fresh[name] = v
	t.now.Store(&fresh)
	return v
}

func (t *table[K, T]) all() map[K]*T {
	if m := t.now.Load(); m != nil {
		return *m
	}
	return nil
}

// add counts one request.
func (s *stats) add(r *record, issued bool) {
	s.requests.Add(1)
	s.tick(r.at)
	switch {
	case r.status >= 500:
		s.failed.Add(1)
	case r.status >= 400:
		s.refused.Add(1)
	case issued:
		s.tokens.Add(1)
	case strings.HasPrefix(r.route, "/restApi") || strings.HasPrefix(r.route, "/odata") || strings.HasPrefix(r.route, "/hooks"):
		s.api.Add(1)
	}
	if r.reason != "" {
		s.refuse(r.reason, r.at)
	}
	s.routes.get(r.route).add(r)
	if r.upstream != "" && r.space != "" { // of known callers
		// Names are unique in a space only.
		s.gateway.get(upstream{r.space, r.upstream})[classOf(r.status)].Add(1)
	}
	s.ring[s.next.Add(1)%ringSize].Store(r)
}

// refuse counts one reason. Reasons are words of ours; what does not look like one is not
// told to anybody.
func (s *stats) refuse(reason string, at time.Time) {
	if !isReason(reason) {
		reason = otherLabel
	}
	r := s.refusals.get(reason)
	r.count.Add(1)
	r.last.Store(at.UnixNano())
}

func isReason(text string) bool {
	if text == "" || len(text) > 40 {
		return false
	}
	for i := range len(text) {
		if c := text[i]; (c < 'a' || c > 'z') && c != '_' && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}

// second is the half of a counter that says which second it counts.
func second(at time.Time) uint64 { return uint64(at.Unix()) & 0xFFFFFFFF } //nolint:gosec // only these bits

// tick counts a request in its second.
func (s *stats) tick(at time.Time) {
	sec := second(at)
	slot := &s.seconds[sec%uint64(len(s.seconds))]
	for {
		was := slot.Load()
		fresh := sec<<32 | 1
		if was>>32 == sec {
			fresh = was + 1
		}
		if slot.CompareAndSwap(was, fresh) {
			return
		}
	}
}

// perSecond returns the requests of each of the last 60 seconds that are over, oldest first.
func (s *stats) perSecond(at time.Time) []int {
	out := make([]int, secondsKept)
	for i := range out {
		sec := second(at.Add(time.Duration(i-secondsKept) * time.Second))
		if v := s.seconds[sec%uint64(len(s.seconds))].Load(); v>>32 == sec {
			out[i] = int(v & 0xFFFFFFFF)
		}
	}
	return out
}

// recent returns the last requests, newest first.
func (s *stats) recent() []model.ServedRequest {
	out := make([]model.ServedRequest, 0, recentKept)
	last := s.next.Load()
	for i := uint64(0); i < min(last, recentKept); i++ {
		r := s.ring[(last-i)%ringSize].Load()
		if r == nil { // counted, and not stored yet
			continue
		}
		out = append(out, r.served())
	}
	return out
}

// served is a request as the admin socket tells of it.
func (r *record) served() model.ServedRequest {
	out := model.ServedRequest{
		ID: r.id, At: r.at.UTC(), Method: r.method, Path: r.route, Status: r.status, Client: r.client,
		Space: r.space, Addr: addrText(r.addr), Duration: r.took, Reason: r.reason, Upstream: r.upstream,
	}
	if r.target != "" {
		out.Path = shownPath(r.target)
	}
	return out
}

func addrText(a netip.Addr) string {
	if !a.IsValid() {
		return ""
	}
	return a.String()
}

// refusalsByCount returns the reasons, the most frequent first.
func (s *stats) refusalsByCount() []model.Refusal {
	out := make([]model.Refusal, 0)
	for reason, r := range s.refusals.all() {
		out = append(out, model.Refusal{Reason: reason, Count: r.count.Load(), LastAt: time.Unix(0, r.last.Load()).UTC()})
	}
	slices.SortFunc(out, func(a, b model.Refusal) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Reason, b.Reason))
	})
	return out
}

func (s *stats) totals() model.ServerTotals {
	return model.ServerTotals{
		Requests: s.requests.Load(), Tokens: s.tokens.Load(), API: s.api.Load(),
		Refused: s.refused.Load(), Failed: s.failed.Load(),
	}
}
