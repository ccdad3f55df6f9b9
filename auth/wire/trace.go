package wire

import (
	"context"
	"crypto/tls"
	"net/http/httptrace"
	"sync"
	"sync/atomic"
	"time"

	"ferry/model"
)

// stage is where in an exchange something happened, as a person reads it.
type stage string

const (
	stageQueue   stage = "before anything was sent"
	stageConnect stage = "while connecting"
	stageProxy   stage = "while asking the proxy"
	stageDNS     stage = "while looking up the host"
	stageTLS     stage = "in the TLS handshake"
	stageSend    stage = "while sending the request"
	stageWait    stage = "while waiting for the first byte"
	stageBody    stage = "while reading the body"
)

// trace follows one exchange. The hooks of httptrace may run on other goroutines,
// even after the request is over (a dial that lost a race), hence the lock.
type trace struct {
	mu                     sync.Mutex
	at                     stage
	begin                  time.Time
	dns, connect, tls      span
	wrote, first, finished time.Time
	reused                 bool
	bound                  bool // the request has its connection
	queue                  time.Duration
	wantsCertificate       atomic.Bool // the server asked for a client certificate
	gaveCertificate        atomic.Bool // and got one
}

// traceKey finds the trace of an exchange in its context.
type traceKey struct{}

// traceOf returns the trace of an exchange. A dial keeps the values of the context of the
// request that began it.
func traceOf(ctx context.Context) *trace {
	if t, ok := ctx.Value(traceKey{}).(*trace); ok {
		return t
	}
	return newTrace()
}

// span is one part of an exchange; attempts that overlap count from the first.
type span struct{ from, to time.Time }

func (s *span) start() {
	if s.from.IsZero() {
		s.from = time.Now()
	}
}

func (s *span) end() { s.to = time.Now() }

func (s span) length() time.Duration {
	if s.from.IsZero() || s.to.IsZero() {
		return 0
	}
	return s.to.Sub(s.from)
}

func newTrace() *trace { return &trace{at: stageConnect, begin: time.Now()} }

// enter notes that a stage begins, and does what else belongs to it.
func (t *trace) enter(s stage, do func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.at = s
	if do != nil {
		do()
	}
}

// dialling is enter for the stages before there is a connection. A dial that goes on
// after the request got its connection elsewhere says nothing about the request.
func (t *trace) dialling(s stage, do func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.bound {
		t.at = s
		do()
	}
}

func (t *trace) stage() stage {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.at
}

func (t *trace) with(ctx context.Context) context.Context {
	ctx = context.WithValue(ctx, traceKey{}, t)
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		// Called again when an idle connection turns out closed.
		GetConn:  func(string) { t.enter(stageConnect, func() { t.bound = false }) },
		DNSStart: func(httptrace.DNSStartInfo) { t.dialling(stageDNS, t.dns.start) },
		DNSDone: func(i httptrace.DNSDoneInfo) {
			next := stageConnect
			if i.Err != nil {
				next = stageDNS
			}
			t.dialling(next, t.dns.end)
		},
		ConnectStart:      func(_, _ string) { t.dialling(stageConnect, t.connect.start) },
		ConnectDone:       func(_, _ string, _ error) { t.dialling(stageConnect, t.connect.end) },
		TLSHandshakeStart: func() { t.dialling(stageTLS, t.tls.start) },
		TLSHandshakeDone:  func(tls.ConnectionState, error) { t.dialling(stageTLS, t.tls.end) },
		GotConn: func(i httptrace.GotConnInfo) {
			t.enter(stageSend, func() { t.reused, t.bound = i.Reused, true })
		},
		WroteRequest: func(httptrace.WroteRequestInfo) { t.enter(stageWait, func() { t.wrote = time.Now() }) },
		GotFirstResponseByte: func() {
			t.enter(stageWait, func() { t.first = time.Now() })
		},
	})
}

func (t *trace) finish() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.finished = time.Now()
}

// timing returns the split so far. A reused connection took no time to make.
func (t *trace) timing() model.Timing {
	t.mu.Lock()
	defer t.mu.Unlock()
	end := t.finished
	if end.IsZero() {
		end = time.Now()
	}
	out := model.Timing{Total: end.Sub(t.begin), Reused: t.reused, Queue: t.queue}
	if !t.reused {
		out.DNS, out.Connect, out.TLS = t.dns.length(), t.connect.length(), t.tls.length()
	}
	// A server may answer before the request is written in full.
	if !t.first.IsZero() {
		if !t.wrote.IsZero() {
			out.Wait = max(0, t.first.Sub(t.wrote))
		}
		out.Body = end.Sub(t.first)
	}
	return out
}
