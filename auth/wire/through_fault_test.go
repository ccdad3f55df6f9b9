package wire

import (
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/iotest"

	"ferry/auth/wire/wiretest"
	"ferry/model"
)

// Issue 6: each failure says which side and where; CASES: nothing of the credentials.
func TestFaults(t *testing.T) {
	ca := wiretest.NewCA(t)
	down := wiretest.NewRaw(t, nil, func(c *wiretest.Conn) { c.Reset() })
	never := wiretest.NewRaw(t, nil, func(c *wiretest.Conn) { _, _ = io.Copy(io.Discard, c) })
	odd := wiretest.NewRaw(t, nil, func(c *wiretest.Conn) { _, _ = io.WriteString(c, "SSH-2.0-OpenSSH\r\n") })
	private := wiretest.NewRaw(t, &tls.Config{Certificates: []tls.Certificate{ca.Issue(t, nil)}}, func(c *wiretest.Conn) { c.Say(200, "", "ok") })
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	for name, tc := range map[string]struct {
		base, proxy string
		fault       Fault
		code        model.Code
		says        string
	}{
		"down":        {closed.URL, "", FaultConnect, model.EUnreachable, "connection refused, while connecting"},
		"reset":       {down.URL(""), "", FaultReset, model.EUnreachable, "while waiting for the first byte"},
		"silent":      {never.URL(""), "", FaultTimeout, model.ETimeout, "no answer within 200ms"},
		"no HTTP":     {odd.URL(""), "", FaultProtocol, model.EUpstream, "not correct HTTP"},
		"private CA":  {"https://" + private.Host, "", FaultTLS, model.EUnreachable, "authority that is not trusted"},
		"no TLS":      {"https://" + strings.TrimPrefix(plain.URL, "http://"), "", FaultTLS, model.EUnreachable, "does not speak TLS"},
		"TLS silent":  {"https://" + silent(t), "", FaultTLS, model.ETimeout, "no TLS handshake"},
		"proxy down":  {"https://api.example", strings.TrimPrefix(closed.URL, "http://"), FaultProxy, model.EUnreachable, "the proxy"},
		"no such DNS": {"https://no-such.example", "", FaultDNS, model.EUnreachable, "there is no host called"},
	} {
		t.Run(name, func(t *testing.T) {
			p, c := newPool(t, quick), exposed(tc.base)
			p.resolver, p.direct = nameServer(t, 3), true
			if tc.proxy != "" {
				c.Transport.Proxy = "http://" + tc.proxy
			}
			_, err := goThrough(t, t.Context(), p, c, tc.base+"/x?key="+canary)
			if FaultOf(err) != tc.fault || model.CodeOf(err) != tc.code || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("%q %q: %v", FaultOf(err), model.CodeOf(err), err)
			}
			wiretest.Leaks(t, "error", err, canary)
		})
	}
	if FaultOf(errors.New("x")) != "" || FaultOf(nil) != "" {
		t.Error("an error of somebody else's has a fault")
	}
}

// An error of the request's own body is still known behind the words for it.
func TestABodyThatCannotBeReadIsKnown(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }))
	defer s.Close()
	rt, err := newPool(t, Limits{}).Through(exposed(s.URL))
	if err != nil {
		t.Fatal(err)
	}
	broke := errors.New("the caller's body")
	body := io.MultiReader(strings.NewReader("half"), iotest.ErrReader(broke))
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL, body)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := rt.RoundTrip(req)
	if err == nil {
		_ = resp.Body.Close()
	}
	if !errors.Is(err, broke) || model.AsError(err).Code != model.EUnreachable {
		t.Errorf("%v", err)
	}
}

// What is not a client's turn, or led astray, still closes the body, as a RoundTripper does.
func TestARequestThatIsNotSentClosesItsBody(t *testing.T) {
	rt, err := newPool(t, Limits{}).Through(exposed("http://localhost:1"))
	if err != nil {
		t.Fatal(err)
	}
	body := &closing{}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://localhost:2", body)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := rt.RoundTrip(req)
	if err == nil {
		_ = resp.Body.Close()
	}
	if FaultOf(err) != FaultGuard || !body.closed.Load() {
		t.Errorf("closed %t: %v", body.closed.Load(), err)
	}
}

type closing struct{ closed atomic.Bool }

func (c *closing) Read([]byte) (int, error) { return 0, io.EOF }
func (c *closing) Close() error             { c.closed.Store(true); return nil }
