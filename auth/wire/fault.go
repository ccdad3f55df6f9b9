package wire

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"

	"ferry/model"
)

// Fault is where a request that went Through failed.
type Fault string

// The faults. Those of the client's own settings (EInvalid, EIncomplete) are none of the
// upstream's, nor is one that is held back.
const (
	FaultSettings  Fault = "settings"  // they cannot be used
	FaultHeld      Fault = "held"      // not its turn: HeldUntil
	FaultGuard     Fault = "guard"     // it led to an address that nobody may be led to
	FaultProxy     Fault = "proxy"     // of the client, or of the environment
	FaultDNS       Fault = "dns"       // the look-up
	FaultConnect   Fault = "connect"   // no connection
	FaultTLS       Fault = "tls"       // no handshake, a certificate that is refused
	FaultTimeout   Fault = "timeout"   // no first byte in time
	FaultReset     Fault = "reset"     // the connection ended before there was an answer
	FaultProtocol  Fault = "protocol"  // the answer is not correct HTTP
	FaultCancelled Fault = "cancelled" // the caller's context ended
)

// ThroughError is what a request that went Through failed with. Its text names the upstream's
// host and the cause: it is for operators and the log, not for callers of a gateway.
type ThroughError struct {
	Fault Fault
	Err   *model.Error // EUnreachable, ETimeout, EUpstream, EInterrupted, EInvalid, EIncomplete
	cause error        // as it came, for errors.Is alone: the reader of a request's body has errors of its own
}

// Error implements error.
func (e *ThroughError) Error() string { return e.Err.Error() }

// Unwrap lets model.CodeOf, HeldUntil and errors.Is see the cause.
func (e *ThroughError) Unwrap() []error { return []error{e.Err, e.cause} }

// FaultOf returns the fault of an error of Through, "" for any other.
func FaultOf(err error) Fault {
	var e *ThroughError
	if !errors.As(err, &e) {
		return ""
	}
	return e.Fault
}

// fail says in a person's words what went wrong.
func (t *through) fail(r *http.Request, err error) error {
	var known *ThroughError
	if errors.As(err, &known) {
		return known
	}
	fault, stage := place(r.Context(), err)
	at := t.at.Load()
	x := &explainer{
		pool: t.pool, ctx: r.Context(), err: err, at: stage, asked: at.asked.Load(), gave: at.gave.Load(),
		client: &t.client, flag: "--base-url URL", host: r.URL.Hostname(), settings: t.settings,
	}
	c := Call{Client: &t.client, Request: r, Target: Target{What: "the API of " + quoted(t.client.Name)}}
	e := x.explain(c, 0)
	if fault == FaultReset && e.Code == model.EUpstream {
		fault = FaultProtocol
	}
	return &ThroughError{fault, e.Error, err}
}

// place tells from an error alone where in the exchange it happened: following each request
// costs more than the few that fail are worth.
func place(ctx context.Context, err error) (Fault, stage) {
	var (
		held  *turnError
		proxy *proxyError
		dns   *net.DNSError
		op    *net.OpError
		slow  net.Error
	)
	text := err.Error()
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return FaultTimeout, stageWait
	case ctx.Err() != nil:
		return FaultCancelled, stageWait
	case errors.As(err, &held):
		return FaultHeld, stageQueue
	case guardErrorOf(err) != nil:
		return FaultGuard, stageConnect
	case errors.As(err, &proxy):
		return FaultProxy, stageProxy
	case errors.As(err, &dns):
		return FaultDNS, stageDNS
	case errors.As(err, &op) && op.Op == "dial":
		return FaultConnect, stageConnect
	case strings.Contains(text, "TLS handshake"), strings.Contains(text, "tls: "), strings.Contains(text, "x509: "), errors.Is(err, http.ErrSchemeMismatch):
		return FaultTLS, stageTLS
	case errors.As(err, &slow) && slow.Timeout():
		return FaultTimeout, stageWait
	}
	return FaultReset, stageWait
}

func guardErrorOf(err error) *guardError {
	var e *guardError
	_ = errors.As(err, &e)
	return e
}

func quoted(name string) string { return `"` + model.Printable(name) + `"` }
