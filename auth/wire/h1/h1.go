// Package h1 makes exchanges over plain HTTP/1.1 (RFC 9112) on the goroutine of whoever asks: it
// writes the request, reads the head of the answer, and keeps the connection for the next one.
// The transport of net/http has two goroutines of its own for each connection, so that a body
// may go out while the answer comes in; where there is no body to be streamed, handing a
// request over to them and back costs more than all else that a gateway does.
//
// It imports model and the standard library, which writes requests and reads the answers.
// There is no TLS here: what is left unread behind it cannot be seen from outside.
// It must never take a request that does not fit (Fits), send one twice that may have been
// heard and must not be repeated, or hand out a connection of which anything is left unread.
package h1

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"
)

// Host keeps the connections to one origin. Its fields are set before it is used.
type Host struct {
	Dial      func(context.Context) (net.Conn, error)
	FirstByte time.Duration // from the request to the end of the answer's head
	Idle      time.Duration // how long a connection waits for a request
	MaxIdle   int           // and how many do
	MaxHeader int64         // bytes of an answer's head, with all that is said before it (1xx)

	mu      sync.Mutex
	idle    []*conn // the one that was used last is the last
	sweeper *time.Timer
	closed  bool
}

// Fits reports whether a request can be made here: its body is none, or short enough to be
// held (GetBody), and nothing but one answer is expected.
func Fits(r *http.Request) bool {
	hasBody := r.Body != nil && r.Body != http.NoBody
	return (!hasBody || r.GetBody != nil && r.ContentLength > 0) && r.Method != http.MethodConnect &&
		len(r.TransferEncoding) == 0 && len(r.Trailer) == 0 && !r.Close &&
		r.Header["Connection"] == nil && r.Header["Upgrade"] == nil && r.Header["Expect"] == nil
}

// RoundTrip implements http.RoundTripper for requests that fit. Failures are those of the
// connection as they came, or the context's. The body of an answer may be closed while it is
// read, which ends the connection.
func (h *Host) RoundTrip(r *http.Request) (*http.Response, error) {
	now := time.Now()
	c := h.take(now)
	if c == nil {
		return h.anew(r)
	}
	resp, err := c.exchange(r, now)
	if err == nil || c.heard || r.Context().Err() != nil || !repeatable(r) {
		return resp, err
	}
	// The server closed the connection just when it was used again.
	if r.GetBody != nil {
		body, err := r.GetBody()
		if err != nil {
			return nil, err
		}
		again := *r
		again.Body, r = body, &again
	}
	return h.anew(r)
}

func (h *Host) anew(r *http.Request) (*http.Response, error) {
	nc, err := h.Dial(r.Context())
	if err != nil {
		return nil, err
	}
	return newConn(h, nc).exchange(r, time.Now())
}

// repeatable reports whether a request may be sent again when nobody knows whether it was
// heard (RFC 9110 §9.2.2; the key is draft-ietf-httpapi-idempotency-key-header).
func repeatable(r *http.Request) bool {
	switch r.Method {
	case "", http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace:
		return true
	}
	return r.Header["Idempotency-Key"] != nil || r.Header["X-Idempotency-Key"] != nil
}

// take returns a connection that waits and is still open, nil when there is none.
func (h *Host) take(now time.Time) *conn {
	for {
		h.mu.Lock()
		n := len(h.idle)
		if n == 0 {
			h.mu.Unlock()
			return nil
		}
		c := h.idle[n-1]
		h.idle[n-1], h.idle = nil, h.idle[:n-1]
		h.mu.Unlock()
		if c.alive(now) {
			return c
		}
		_ = c.Close() // it is closed already, or says what nobody asked for
	}
}

// put keeps a connection for the next request.
func (h *Host) put(c *conn) {
	h.mu.Lock()
	if h.closed || len(h.idle) >= h.MaxIdle {
		h.mu.Unlock()
		_ = c.Close() // it is not needed
		return
	}
	h.idle = append(h.idle, c)
	if h.sweeper == nil {
		h.sweeper = time.AfterFunc(h.Idle, h.sweep)
	}
	h.mu.Unlock()
}

// sweep closes what has waited for too long, and comes again while anything waits.
func (h *Host) sweep() {
	h.mu.Lock()
	defer h.mu.Unlock()
	now, kept := time.Now(), 0
	for _, c := range h.idle {
		if now.Sub(c.since) >= h.Idle {
			_ = c.Close() // nobody waits for it
			continue
		}
		h.idle[kept] = c
		kept++
	}
	clear(h.idle[kept:])
	if h.idle = h.idle[:kept]; kept > 0 {
		h.sweeper.Reset(h.Idle - now.Sub(h.idle[0].since))
	} else {
		h.sweeper = nil
	}
}

// Close closes what waits, and each connection in use when its answer is read.
func (h *Host) Close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	for _, c := range h.idle {
		_ = c.Close() // nobody waits for it
	}
	h.idle = nil
	if h.sweeper != nil {
		h.sweeper.Stop()
		h.sweeper = nil
	}
}

// tooLong is the error of a head without end, in the words of net/http.
func tooLong(limit int64) error {
	return fmt.Errorf("net/http: server response headers exceeded %d bytes; aborted", limit)
}
