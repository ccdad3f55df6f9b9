package serve

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"ferry/model"
)

// Everything that tells of a request tells of the gateway's: log, metrics, status, and a tail
// with its filters; nothing tells of the query.
func TestGatewayIsToldOf(t *testing.T) {
	k, up := newGate(t, func(w io.Writer, r *http.Request) bool {
		status := "200 OK"
		if strings.HasSuffix(r.URL.Path, "/bad") {
			status = "503 Service Unavailable"
		}
		if strings.HasSuffix(r.URL.Path, "/missing") {
			status = "404 Not Found"
		}
		_, err := fmt.Fprintf(w, "HTTP/1.1 %s\r\nContent-Length: 2\r\n\r\n{}", status)
		return err == nil
	}, nil)
	p := NewProbe(Socket(k.path))
	all, failed, other := follow(t, p, model.TailFilter{}), follow(t, p, model.TailFilter{Client: "ERP", Class: 5}), follow(t, p, model.TailFilter{Client: "pim"})
	until(t, 5*time.Second, "three followers", func() bool { f := k.tails.all.Load(); return f != nil && len(*f) == 3 })
	token := "Authorization: Bearer " + k.token()
	a := k.do("GET", "/gw/erp/orders/17?secret=QUERYCANARY", "", token)
	if a.StatusCode != 200 || a.body != "{}" {
		t.Fatalf("%d %s", a.StatusCode, a.body)
	}
	k.do("GET", "/gw/erp/bad", "", token)
	k.do("GET", "/gw/erp/missing", "", token)
	k.do("GET", "/gw/erp/PATHCANARY", "")                           // nobody known
	k.do("GET", "/gw/nothing/x", "", token)                         // no client
	k.do("GET", "/gw/erp/"+strings.Split(token, " ")[2], "", token) // refused: it would reach the upstream

	if got := all.next(7); got[1].Path != "/gw/erp/orders/17" || got[1].Upstream != "erp" || got[1].Client != "caller-of-erp" || got[1].Status != 200 ||
		got[1].ID != a.Header.Get("X-Request-Id") || got[0].Path != "/oauth2/token" || got[0].Upstream != "" || got[4].Path != gatewayRoute || got[4].Status != 401 {
		t.Errorf("the tail: %+v", got)
	}
	if got := failed.next(1); got[0].Path != "/gw/erp/bad" || got[0].Status < 500 {
		t.Errorf("the filtered tail: %+v", got)
	}
	st, err := p.Status(context.Background())
	must(t, err)
	if c := trafficOf(&st, "erp"); len(st.Gateway) != 1 || c.Space != "default" || c.Requests < 3 || c.Failed != 1 || c.Breaker != model.BreakerClosed || len(c.PerSecond) != 60 {
		t.Errorf("the status: %+v", st.Gateway)
	}
	metrics := k.onSocket("/metrics").body
	for _, want := range []string{
		`ferry_gateway_requests_total{space="default",client="erp",status="2xx"} 1`,
		`ferry_gateway_requests_total{space="default",client="erp",status="5xx"} 1`,
		`ferry_gateway_requests_total{space="default",client="erp",status="4xx"} 1`,
		`ferry_gateway_breaker_open{space="default",client="erp"} 0`, "ferry_gateway_requests_in_flight 0",
		`ferry_http_requests_total{route="/gw/{client}",method="GET",status="2xx"} 1`,
	} {
		if !strings.Contains(metrics, want+"\n") {
			t.Errorf("the metrics lack %s:\n%s", want, metrics)
		}
	}
	status := k.onSocket("/status").body
	must(t, k.Close())
	for _, tail := range []*followed{all, failed, other} {
		if err := tail.end(); err != nil {
			t.Errorf("a tail whose server stopped: %v", err)
		}
	}
	if len(other.got) != 0 {
		t.Errorf("told of another client: %d", len(other.got))
	}
	log := k.log.String()
	if !strings.Contains(log, `"path":"/gw/{client}","status":200,"client_id":"caller-of-erp","space":"default","upstream":"erp"`) {
		t.Errorf("the access log:\n%s", log)
	}
	for _, secret := range []string{"QUERYCANARY", "PATHCANARY", "UPSTREAM-SECRET", strings.Split(token, " ")[2]} {
		if strings.Contains(log+metrics+status, secret) {
			t.Errorf("%s is told", secret)
		}
	}
	if text, _ := up.seen(); strings.Contains(text, "eyJ") && strings.Contains(text, "Authorization") {
		t.Error("the upstream saw the caller's token")
	}
}

// CASES Gateway: 500 slow clients → bounded: half of them send a body a byte at a time and stop,
// half do not read their answer. Others are served, and the slow ones are cut.
func TestGatewaySlowClients(t *testing.T) {
	lim := defaults
	lim.still, lim.read, lim.write = 700*time.Millisecond, 700*time.Millisecond, 2*time.Second
	big := strings.Repeat("x", 1<<20)
	k, _ := newGate(t, func(w io.Writer, r *http.Request) bool {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			return false
		}
		if strings.HasSuffix(r.URL.Path, "/big") {
			_, err := fmt.Fprintf(w, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", 64*len(big))
			for i := 0; i < 64 && err == nil; i++ {
				_, err = io.WriteString(w, big)
			}
			return err == nil
		}
		_, err := io.WriteString(w, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
		return err == nil
	}, func(o *Options) { o.limits = &lim })
	token := k.token()
	before := heldNow() // what tests before this one left
	var slow []net.Conn
	for i := range 500 {
		c, err := net.Dial("tcp", k.listen)
		must(t, err)
		defer c.Close()
		text := "POST /gw/erp/upload HTTP/1.1\r\nHost: x\r\n" + bearer(token) + "Content-Length: 100000\r\n\r\nx"
		if i%10 == 1 {
			text = "GET /gw/erp/big HTTP/1.1\r\nHost: x\r\n" + bearer(token) + "\r\n"
		}
		_, err = io.WriteString(c, text)
		must(t, err)
		slow = append(slow, c)
	}
	for range 20 {
		if a := k.do("GET", "/gw/erp/quick", "", strings.TrimSpace(bearer(token))); a.StatusCode != 200 {
			t.Errorf("somebody else: %d %s", a.StatusCode, a.body)
		}
	}
	k.token()
	held := heldNow() - before
	t.Logf("500 slow clients: %d MiB, their upstream's side included", held>>20)
	if held > 200<<20 {
		t.Errorf("%d MiB are held", held>>20)
	}
	until(t, 15*time.Second, "they are cut", func() bool { return k.gateFlight.Load() == 0 })
	for _, c := range slow {
		_ = c.Close()
	}
	until(t, 5*time.Second, "the connections are gone", func() bool { return k.listener.open.Load() <= 2 })
}

// heldNow is how much memory is in use. Garbage is not; a second collection takes what pools
// keep over the first.
func heldNow() int64 {
	runtime.GC()
	runtime.GC()
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	return int64(mem.HeapAlloc)
}

// A client that is slow and never still for long is not cut, neither while it sends nor while
// it reads, however long it takes.
func TestGatewaySteadyClients(t *testing.T) {
	lim := defaults
	lim.still, lim.read, lim.write = 1500*time.Millisecond, 1500*time.Millisecond, 1500*time.Millisecond
	k, up := newGate(t, func(w io.Writer, r *http.Request) bool {
		n, err := io.Copy(io.Discard, r.Body)
		if err != nil {
			return false
		}
		_, err = fmt.Fprintf(w, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
		for i := 0; i < 12 && err == nil; i++ { // an event stream
			time.Sleep(150 * time.Millisecond)
			_, err = fmt.Fprintf(w, "6\r\n%06d\r\n", n)
		}
		_, _ = io.WriteString(w, "0\r\n\r\n")
		return err == nil
	}, func(o *Options) { o.limits = &lim })
	body, feed := io.Pipe()
	go func() {
		for range 12 {
			time.Sleep(150 * time.Millisecond)
			_, _ = io.WriteString(feed, "0123456789")
		}
		_ = feed.Close()
	}()
	req, err := http.NewRequest(http.MethodPost, k.URL()+"/gw/erp/stream", body)
	must(t, err)
	req.Header.Set("Authorization", "Bearer "+k.token())
	resp, err := k.http.Do(req)
	must(t, err)
	defer resp.Body.Close()
	in := bufio.NewReader(resp.Body)
	got, err := io.ReadAll(in)
	if err != nil || string(got) != strings.Repeat("000120", 12) {
		t.Errorf("%d %q %v", resp.StatusCode, got, err)
	}
	if _, n := up.seen(); n != 1 {
		t.Errorf("%d requests", n)
	}
}

// The gateway's requests under way are bounded apart from those of the API.
func TestGatewayInFlightIsApart(t *testing.T) {
	lim := defaults
	lim.gateFlight = 2
	hold := make(chan struct{})
	k, _ := newGate(t, func(w io.Writer, _ *http.Request) bool {
		<-hold
		_, err := io.WriteString(w, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
		return err == nil
	}, func(o *Options) { o.limits = &lim })
	token := strings.TrimSpace(bearer(k.token()))
	done := make(chan int, 2)
	for range 2 {
		go func() {
			a, _ := k.try(k.http, "GET", k.URL()+"/gw/erp/a", "", token)
			done <- a.StatusCode
		}()
	}
	until(t, 5*time.Second, "two are under way", func() bool { return k.gateFlight.Load() == 2 })
	if a := k.do("GET", "/gw/erp/a", "", token); a.StatusCode != 503 || a.Header.Get("Retry-After") == "" || problemCode(&a) != "busy" {
		t.Errorf("the third: %d %s", a.StatusCode, a.body)
	}
	k.token() // the API has room
	close(hold)
	for range 2 {
		if got := <-done; got != 200 {
			t.Errorf("one that was under way: %d", got)
		}
	}
}

// An upstream that breaks off in the middle of its answer is no fault of ferry's: the answer is
// cut off too, and counted as what it is.
func TestGatewayAnswerThatBreaksOff(t *testing.T) {
	k, _ := newGate(t, func(w io.Writer, _ *http.Request) bool {
		_, _ = io.WriteString(w, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n{")
		return false
	}, nil)
	a, err := k.try(k.client(), "GET", k.url+"/gw/erp/x", "", "Authorization: Bearer "+k.token())
	if err == nil && len(a.body) == 100_000 {
		t.Errorf("half an answer looks like a whole one: %d", a.StatusCode)
	}
	until(t, 5*time.Second, "the request is told of", func() bool { return len(k.status().Recent) > 1 })
	if r := k.status().Recent[0]; r.Upstream != "erp" || r.Status != http.StatusOK || r.Reason == "" || r.Reason == "panic" || k.stats.panics.Load() != 0 {
		t.Errorf("%+v, %d panics", r, k.stats.panics.Load())
	}
}
