package gateway

import (
	"context"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"ferry/model/gateway"
	"ferry/model/serving"
)

// cutOff is why a stream ended before its end, as the log names it: what let it in was taken
// away meanwhile.
const cutOff gateway.Refusal = "cut_off"

// stream is a request that may go on for as long as both sides like: a body that is sent on as
// it comes, an answer that is long or does not say how long it is, a switched protocol. It is
// cut as soon as a picture of the store shows that it would not be let in any more: its user or
// client is disabled or gone, the key or token revoked, the permission taken, the rule changed.
// A picture comes with each change, and twice a minute without any. A token that merely expires
// cuts nothing that was begun with it.
//
// What is short is none, and costs nothing: it ends by itself.
type stream struct {
	x          *asked
	next, prev *stream // of the lane; guarded by its lock

	off atomic.Bool // it was cut

	mu     sync.Mutex
	over   bool               // the flight has landed: the connection belongs to others
	cancel context.CancelFunc // of the request to the upstream, where a body is sent on
	answer io.Closer          // of the upstream, once it has begun
}

// streams are those of one client that are under way.
type streams struct {
	mu    sync.Mutex
	first *stream
}

func (l *streams) add(s *stream) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if s.next = l.first; s.next != nil {
		s.next.prev = s
	}
	l.first = s
}

func (l *streams) remove(s *stream) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case s.prev != nil:
		s.prev.next = s.next
	case l.first == s:
		l.first = s.next
	}
	if s.next != nil {
		s.next.prev = s.prev
	}
	s.next, s.prev = nil, nil
}

func (l *streams) appendTo(all []*stream) []*stream {
	l.mu.Lock()
	defer l.mu.Unlock()
	for s := l.first; s != nil; s = s.next {
		all = append(all, s)
	}
	return all
}

// enlist makes s the stream of the flight. A picture that came since the request was let in
// was held against those that were listed then, so this one is held against it here.
func (f *flight) enlist(s *stream) {
	s.x, f.stream = f.x, s
	f.x.lane.streams.add(s)
	if dir := f.g.o.Directory(); dir != f.x.dir && !f.x.holds(dir) {
		s.off.Store(true)
		if s.cancel != nil {
			s.cancel() // nothing of the body is sent on
		}
	}
	f.x.dir = nil // a long stream does not keep an old picture
}

// streamed notes that an answer begins which may take its time. It is false when it may not
// begin any more.
func (f *flight) streamed(s *stream, answer io.Closer) bool {
	if f.stream == nil {
		f.enlist(s)
	}
	s = f.stream
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = answer
	return !s.off.Load()
}

// wasCut reports whether the flight has a stream that was cut.
func (f *flight) wasCut() bool { return f.stream != nil && f.stream.off.Load() }

// leave takes the stream off its lane. From then on nobody cuts it.
func (s *stream) leave() {
	s.x.lane.streams.remove(s)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.over = true
	if s.cancel != nil {
		s.cancel()
	}
}

// longAgo is a deadline that ends what waits for it at once.
var longAgo = time.Unix(1, 0)

// cut ends both sides. An answer that has begun breaks off: its connection is closed, over
// HTTP/2 its stream is reset. Where none has, the flight answers.
func (s *stream) cut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over || s.off.Swap(true) {
		return
	}
	to := http.NewResponseController(s.x.w)
	_ = to.SetReadDeadline(longAgo) // without one it ends with the other side
	if s.answer != nil {
		_ = to.SetWriteDeadline(longAgo)
	}
	if s.cancel != nil {
		s.cancel()
	}
	if s.answer != nil {
		_ = s.answer.Close()
	}
}

// holds reports whether a request that was let in would be by dir, too. How often it may ask
// was counted when it did.
func (x *asked) holds(dir *serving.Directory) bool {
	user, permits, reason := x.g.o.Holds(dir, x.may, x.entry.Addr)
	if reason != "" {
		return false
	}
	return gateway.Decide(gateway.Question{
		Client: dir.ClientByID(x.client.ID), Rule: dir.Rule(user.ID, x.client.ID), User: &user.APIUser, Permits: permits,
		Addr: x.entry.Addr, Method: x.r.Method, Path: x.at.below(), Length: x.r.ContentLength, Now: x.g.now(),
	}, false).Refusal == ""
}
