package gateway

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"ferry/model"
)

// TestA401IsAnsweredWithAnotherToken: issue 6, "upstream 401 → one renewal and one retry when
// the body is replayable".
func TestA401IsAnsweredWithAnotherToken(t *testing.T) {
	k := newKit(t)
	var bodies []string
	good := "Bearer upstream-t0ken-2"
	up := newUpstream(t, func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		bodies = append(bodies, string(b))
		if r.Header.Get("Authorization") != good {
			w.Header().Set("WWW-Authenticate", `Bearer realm="erp-internal"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		_, _ = io.WriteString(w, "in")
	})
	c := k.client("erp", up.URL, nil)
	a := k.ask("PUT", "/gw/erp/x", strings.NewReader("body"))
	if a.StatusCode != 200 || a.body != "in" || len(bodies) != 2 || bodies[1] != "body" || k.source.fetched.Load() != 2 {
		t.Errorf("%d %q, bodies %q, %d tokens", a.StatusCode, a.body, bodies, k.source.fetched.Load())
	}
	good = "none is"
	a = k.ask("GET", "/gw/erp/x", nil)
	k.want(a, 502, "upstream_refused")
	if strings.Contains(a.body, "internal") || a.Header.Get("WWW-Authenticate") != "" || len(bodies) != 4 {
		t.Errorf("%v %q, %d requests", a.Header, a.body, len(bodies))
	}
	// A body that cannot be sent again is not; the next request has another token all the same.
	fetched := k.source.fetched.Load()
	good = fmt.Sprintf("Bearer upstream-t0ken-%d", fetched+1)
	k.want(k.ask("POST", "/gw/erp/x", struct{ io.Reader }{strings.NewReader("streamed")}), 502, "upstream_refused")
	if a := k.ask("POST", "/gw/erp/x", struct{ io.Reader }{strings.NewReader("streamed")}); a.StatusCode != 200 {
		t.Errorf("%d %s", a.StatusCode, a.body)
	}
	// Allowed, the upstream speaks for itself.
	good = "none is"
	k.edit(c.ID, func(c *model.Client) { c.Gateway.Realm = true })
	eventually(t, "the upstream's own 401 reaches the caller", func() bool {
		a := k.ask("GET", "/gw/erp/x", nil)
		return a.StatusCode == 401 && a.Header.Get("WWW-Authenticate") == `Bearer realm="erp-internal"`
	})
}

// TestTheUpstreamsOwnRefusalIsNotTheCallers: a caller whose token is good is not told 401, nor
// 407, because the gateway's credentials are bad.
func TestTheUpstreamsOwnRefusalIsNotTheCallers(t *testing.T) {
	k := newKit(t)
	status := http.StatusUnauthorized
	up := newUpstream(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("WWW-Authenticate", `Basic realm="erp"`)
		w.WriteHeader(status)
	})
	k.clientOf(noAuth("erp", up.URL), nil)
	k.want(k.ask("GET", "/gw/erp/x", nil), 502, "upstream_refused")
	status = http.StatusProxyAuthRequired
	k.want(k.ask("GET", "/gw/erp/x", nil), 502, "upstream_refused")
	status = http.StatusForbidden
	if a := k.ask("GET", "/gw/erp/x", nil); a.StatusCode != 403 || a.Header.Get("WWW-Authenticate") != "" {
		t.Errorf("%d %v", a.StatusCode, a.Header)
	}
	if len(up.requests()) != 3 {
		t.Errorf("%d requests", len(up.requests()))
	}
}

// TestATokenThatCannotBeHad: the token endpoint is down, refuses, or lacks what it needs.
func TestATokenThatCannotBeHad(t *testing.T) {
	for code, want := range map[model.Code]struct {
		status int
		reason string
	}{
		model.EUnreachable: {503, "token_unavailable"}, model.ETimeout: {503, "token_unavailable"}, model.EUpstream: {502, "token_refused"},
		model.ERejected: {502, "token_refused"}, model.EIncomplete: {502, "client_incomplete"}, model.EInternal: {503, "token_failed"},
	} {
		v := passVerdict(model.Errorf(code, "the secret is hunter2"))
		if v.status != want.status || string(v.reason) != want.reason || strings.Contains(v.detail, "hunter2") || v.status == 503 && v.wait <= 0 || v.outcome != unknown {
			t.Errorf("%s: %+v", code, v)
		}
	}
	k := newKit(t)
	up := newUpstream(t, nil)
	k.source.fault.Store(model.Errorf(model.EUnreachable, "%s is down, with secret hunter2", up.URL))
	k.client("erp", up.URL, nil)
	a := k.ask("GET", "/gw/erp/x", nil)
	k.want(a, 503, "token_unavailable")
	if a.Header.Get("Retry-After") == "" || strings.Contains(a.body, "127.0.0.1") || strings.Contains(a.body, "hunter2") || len(up.requests()) != 0 {
		t.Errorf("%v %s", a.Header, a.body)
	}
}

// TestAnUpstreamThatFails: issue 6, "upstream down, slow, 5xx → 502/504 problem+json that says
// which side failed … nothing of the upstream's secrets".
func TestAnUpstreamThatFails(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	down := "http://" + closed.Addr().String()
	_ = closed.Close()
	say := func(text string) func(net.Conn) {
		return func(c net.Conn) {
			readHead(c)
			_, _ = io.WriteString(c, text)
		}
	}
	for name, c := range map[string]struct {
		url    string
		status int
		reason string
	}{
		"down":                       {down, 502, "upstream_unreachable"},
		"slow":                       {rawUpstream(t, func(c net.Conn) { readHead(c); _, _ = c.Read(make([]byte, 1)) }), 504, "upstream_timeout"},
		"closes without a word":      {rawUpstream(t, say("")), 502, "upstream_failed"},
		"no HTTP":                    {rawUpstream(t, say("SSH-2.0-hello\r\n\r\n")), 502, "upstream_failed"},
		"half a head":                {rawUpstream(t, say("HTTP/1.1 200 OK\r\nX-Secret: s")), 502, "upstream_failed"},
		"endless headers":            {rawUpstream(t, endless), 502, "upstream_failed"},
		"101 without being asked":    {rawUpstream(t, say("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: evil\r\n\r\n")), 502, "upstream_failed"},
		"101 to nothing":             {rawUpstream(t, say("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n\r\nHTTP/1.1 200 OK\r\n\r\n")), 502, "upstream_failed"},
		"101 and nothing else":       {rawUpstream(t, say("HTTP/1.1 101 Switching Protocols\r\n\r\n")), 502, "upstream_failed"},
		"a header with a line break": {rawUpstream(t, say("HTTP/1.1 200 OK\r\nBad Header\r\n\r\n")), 502, "upstream_failed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := newKit(t)
			k.client("erp", c.url, nil)
			a := k.ask("GET", "/gw/erp/x", nil)
			k.want(a, c.status, c.reason)
			if host := strings.TrimPrefix(c.url, "http://"); strings.Contains(a.body, host) || strings.Contains(a.body, "127.0.0.1") || !strings.Contains(a.body, "upstream") {
				t.Error(a.body)
			}
			if got := k.gw.Traffic(); got[0].Failed != 1 || got[0].P99 <= 0 {
				t.Errorf("%+v", got)
			}
		})
	}
}

func endless(c net.Conn) {
	readHead(c)
	_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\n")
	for i := 0; ; i++ {
		if _, err := fmt.Fprintf(c, "X-%d: %s\r\n", i, strings.Repeat("a", 1000)); err != nil {
			return
		}
	}
}

// TestAnAnswerThatBreaksOffNeverLooksWhole: a reset in the middle of a body.
func TestAnAnswerThatBreaksOffNeverLooksWhole(t *testing.T) {
	for name, head := range map[string]string{
		"counted": "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this",
		"chunked": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nonly this\r\n",
	} {
		k := newKit(t)
		k.client("erp", rawUpstream(t, func(c net.Conn) {
			readHead(c)
			_, _ = io.WriteString(c, head)
			_ = c.(*net.TCPConn).SetLinger(0)
		}), nil)
		req, _ := http.NewRequest("GET", k.server.URL+"/gw/erp/x", nil)
		req.Header.Set("Authorization", "Bearer "+k.token)
		resp, err := k.http.Do(req)
		if err == nil {
			_, err = io.ReadAll(resp.Body)
			_ = resp.Body.Close()
		}
		if err == nil {
			t.Errorf("%s: half an answer looks like a whole one", name)
		}
		if got := k.last(); got.Reason != "upstream_aborted" {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// TestACallerThatLeavesIsFollowed: issue 6, "cancel propagates".
func TestACallerThatLeavesIsFollowed(t *testing.T) {
	k := newKit(t)
	var left atomic.Bool
	came := make(chan struct{}, 2)
	up := newUpstream(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/started" {
			_, _ = io.WriteString(w, "begun")
			_ = http.NewResponseController(w).Flush()
		}
		came <- struct{}{}
		<-r.Context().Done()
		left.Store(true)
	})
	k.client("erp", up.URL, nil)
	for _, path := range []string{"/waiting", "/started"} {
		left.Store(false)
		ctx, cancel := context.WithCancel(context.Background())
		req, _ := http.NewRequestWithContext(ctx, "GET", k.server.URL+"/gw/erp"+path, nil)
		req.Header.Set("Authorization", "Bearer "+k.token)
		done := make(chan error, 1)
		go func() {
			resp, err := k.http.Do(req)
			if err == nil {
				_, err = io.ReadAll(resp.Body)
				_ = resp.Body.Close()
			}
			done <- err
		}()
		<-came
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		eventually(t, "the upstream is told", left.Load)
		if got := k.last(); got.Reason != "client_gone" {
			t.Errorf("%s: %+v", path, got)
		}
	}
	if state, _ := k.lane().breaker.tell(time.Now()); state != model.BreakerClosed {
		t.Error(state)
	}
}

// lane is the lane of the one client that was asked for.
func (k *kit) lane() *lane {
	k.t.Helper()
	k.gw.mu.RLock()
	defer k.gw.mu.RUnlock()
	for _, l := range k.gw.lanes {
		return l
	}
	k.t.Fatal("no client was asked for")
	return nil
}
