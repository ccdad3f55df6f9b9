package wire

import (
	"crypto/tls"
	"errors"
	"net/http/httptrace"
	"testing"
	"time"
)

// A dial that lost the race goes on in the background: its hooks must not make a
// failure in the body look like one in connecting, nor stretch the timing.
func TestALateDialChangesNothing(t *testing.T) {
	tr := newTrace()
	hooks := httptrace.ContextClientTrace(tr.with(t.Context()))
	hooks.GetConn("h:1")
	hooks.DNSStart(httptrace.DNSStartInfo{})
	hooks.DNSDone(httptrace.DNSDoneInfo{})
	hooks.ConnectStart("tcp", "a")
	hooks.ConnectDone("tcp", "a", nil)
	hooks.TLSHandshakeStart()
	hooks.TLSHandshakeDone(tls.ConnectionState{}, nil)
	hooks.GotConn(httptrace.GotConnInfo{})
	hooks.WroteRequest(httptrace.WroteRequestInfo{})
	hooks.GotFirstResponseByte()
	tr.enter(stageBody, nil)
	before := tr.timing()
	time.Sleep(5 * time.Millisecond)
	hooks.ConnectDone("tcp", "b", errors.New("refused"))
	hooks.DNSDone(httptrace.DNSDoneInfo{Err: errors.New("late")})
	hooks.TLSHandshakeDone(tls.ConnectionState{}, nil)
	after := tr.timing()
	if tr.stage() != stageBody || after.Connect != before.Connect || after.DNS != before.DNS || after.TLS != before.TLS {
		t.Errorf("%s, %+v became %+v", tr.stage(), before, after)
	}
	// A new connection for the same request counts again.
	hooks.GetConn("h:1")
	hooks.ConnectStart("tcp", "c")
	if tr.stage() != stageConnect {
		t.Errorf("%s", tr.stage())
	}
}
