package gateway

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"ferry/auth/access"
	"ferry/model"
)

// twins are two gateways to one upstream that differ in how a request without a body to be
// streamed travels: the way it does, and through ReverseProxy as all others.
type twins struct {
	*kit
	addrs [2]string

	mu     sync.Mutex
	answer string // of the upstream, byte by byte
	heard  string // by it
}

func newTwins(t *testing.T) *twins {
	w := &twins{kit: newKit(t)}
	w.source.life.Store(int64(1000 * time.Hour))
	up := rawUpstream(t, func(c net.Conn) {
		in := bufio.NewReader(c)
		r, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		body, _ := io.ReadAll(r.Body) // of a test that sends it whole
		w.mu.Lock()
		defer w.mu.Unlock()
		r.Header.Del("X-Request-Id")
		w.heard = fmt.Sprintf("%s %s %s %v %d\n%s", r.Method, r.RequestURI, r.Host, sorted(r.Header), r.ContentLength, body)
		_, _ = io.WriteString(c, w.answer)
	})
	w.client("erp", up+"/base", func(c *model.Client) {
		c.Gateway.Origins = []string{"https://page.example"}
		c.Headers = []model.Header{{Name: "X-Api-Key", Value: model.NewSecret("k3y-of-the-client"), Secret: true}}
	})
	other := New(w.gw.o)
	other.direct = func(*flight) bool { return false }
	for i, g := range []*Gateway{w.gw, other} {
		s := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			e := &access.Entry{ID: "req-1", Addr: access.PeerAddr(r)}
			rw.Header().Set("X-Request-Id", e.ID)
			g.ServeHTTP(rw, access.With(r, e))
		}))
		s.Config.ErrorLog = quiet
		t.Cleanup(s.Close)
		w.addrs[i] = s.Listener.Addr().String()
	}
	return w
}

func sorted(h http.Header) (out []string) {
	for _, name := range slices.Sorted(maps.Keys(h)) {
		out = append(out, fmt.Sprintf("%s: %q", name, h[name]))
	}
	return out
}

// brokenOff is an answer that did not come to its end.
const brokenOff = "broken off"

// travel sends a request through one of them and returns what both sides saw.
func (w *twins) travel(i int, request string) (caller, upstream string) {
	w.mu.Lock()
	w.heard = ""
	w.mu.Unlock()
	c, err := net.Dial("tcp", w.addrs[i])
	w.check(err)
	defer c.Close()
	_, err = io.WriteString(c, request)
	w.check(err)
	method, _, _ := strings.Cut(request, " ")
	var all bytes.Buffer
	for in := bufio.NewReader(c); ; {
		resp, err := http.ReadResponse(in, &http.Request{Method: method})
		if err != nil {
			all.Reset() // how much of it comes through is a matter of time
			all.WriteString(brokenOff)
			break
		}
		body, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if err != nil {
			all.Reset()
			all.WriteString(brokenOff)
			break
		}
		resp.Header.Del("Date")
		if method != http.MethodHead {
			resp.Header.Del("Content-Length") // whether it is said of what is short, too
		}
		fmt.Fprintf(&all, "%d %v %q, trailers %v\n", resp.StatusCode, sorted(resp.Header), body, sorted(resp.Trailer))
		if resp.StatusCode >= 200 {
			break
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return all.String(), w.heard
}

// A request that travels directly is the same to the upstream, and its answer to the caller, as
// one through ReverseProxy.
func TestNobodyCanTellWhichWayARequestWent(t *testing.T) {
	w := newTwins(t)
	tried, reached, answered := 0, 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		request := w.aRequest(rt)
		text := anAnswer(rt)
		w.mu.Lock()
		w.answer = text
		w.mu.Unlock()
		w.pass(2 * time.Minute) // a breaker that opened has forgotten it
		caller, upstream := w.travel(0, request)
		otherCaller, otherUpstream := w.travel(1, request)
		if upstream != otherUpstream {
			rt.Fatalf("%q:\nthe upstream heard %s\nand through ReverseProxy %s", request, upstream, otherUpstream)
		}
		if caller != otherCaller {
			rt.Fatalf("%q answered with %q:\nthe caller heard %s\nand through ReverseProxy %s", request, text, caller, otherCaller)
		}
		tried++
		if upstream != "" {
			reached++
		}
		if strings.HasPrefix(caller, "200") {
			answered++
		}
	})
	t.Logf("of %d requests %d reached the upstream, %d were answered with 200", tried, reached, answered)
	if tried >= 100 && (reached < tried/2 || answered < tried/10) {
		t.Error("those are too few to tell")
	}
}

// aRequest draws the bytes of a request.
func (w *twins) aRequest(t *rapid.T) string {
	var b strings.Builder
	method := rapid.SampledFrom([]string{"GET", "GET", "HEAD", "DELETE", "POST", "PUT", "OPTIONS"}).Draw(t, "method")
	path := rapid.SampledFrom([]string{"", "/orders", "/a%2Fb/c?x=1&y=%20", "/o?a;b=2&%zz", "/o?"}).Draw(t, "path")
	fmt.Fprintf(&b, "%s /gw/erp%s HTTP/1.%d\r\nHost: hub\r\nAuthorization: Bearer %s\r\n", method, path, rapid.SampledFrom([]int{1, 1, 1, 0}).Draw(t, "minor"), w.token)
	for _, h := range rapid.SliceOfN(rapid.SampledFrom([]string{
		"Accept: application/json", "Accept-Encoding: gzip", "User-Agent: page/1", "Cookie: a=b", "X-Forwarded-For: 1.2.3.4", "X_Forwarded_For: 1.2.3.4",
		"Connection: X-Hop, close", "X-Hop: 1", "Te: trailers, deflate", "Te: gzip", "Origin: https://page.example", "Origin: https://other.example",
		"X-Request-Id: mine", "X-Api-Key: mine", "If-None-Match: \"1\"", "X-Twice: 1", "X-Twice: 2", "Via: 1.1 x", "Trailer: X", "Keep-Alive: 5",
	}), 0, 6).Draw(t, "headers") {
		b.WriteString(h + "\r\n")
	}
	body := ""
	if method == "POST" || method == "PUT" {
		body = strings.Repeat("y", rapid.SampledFrom([]int{0, 1, 5000}).Draw(t, "body"))
		fmt.Fprintf(&b, "Content-Length: %d\r\n", len(body))
	}
	return b.String() + "\r\n" + body
}

// anAnswer draws the bytes of an answer, after which the connection ends.
func anAnswer(t *rapid.T) string {
	var b strings.Builder
	for range rapid.SampledFrom([]int{0, 0, 0, 1, 2}).Draw(t, "before") {
		b.WriteString(rapid.SampledFrom([]string{
			"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\nX-More: 1\r\n\r\n", "HTTP/1.1 103 Early Hints\r\nX-None: 1\r\n\r\n",
			"HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 102 Processing\r\n\r\n",
		}).Draw(t, "informational"))
	}
	status := rapid.SampledFrom([]int{200, 200, 200, 201, 204, 206, 301, 304, 403, 404, 407, 101}).Draw(t, "status")
	fmt.Fprintf(&b, "HTTP/1.%d %d Status\r\nConnection: close\r\n", rapid.SampledFrom([]int{1, 1, 0}).Draw(t, "minor"), status)
	for _, h := range rapid.SliceOfN(rapid.SampledFrom([]string{
		"Content-Type: application/json", "Content-Type: text/event-stream", "Vary: Accept", "Vary: Origin", "ETag: \"1\"", "Set-Cookie: a=b", "Set-Cookie: c=d",
		"Connection: X-Hop", "X-Hop: 1", "Keep-Alive: 5", "Upgrade: h2c", "Location: /base/x", "Link: </base/y>; rel=next", "Access-Control-Allow-Origin: *",
		"X-Echo: k3y-of-the-client", "X-Request-Id: theirs", "Server: up", "Proxy-Authenticate: Basic", "Trailer: Sum", "Transfer-Encoding: identity",
	}), 0, 6).Draw(t, "headers") {
		b.WriteString(h + "\r\n")
	}
	body := strings.Repeat("b", rapid.SampledFrom([]int{0, 1, 700, 5000, 70_000}).Draw(t, "length"))
	switch rapid.IntRange(0, 5).Draw(t, "framing") {
	case 0:
		b.WriteString("\r\n" + body) // to the end of the connection
	case 1:
		fmt.Fprintf(&b, "Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n%s\r\n", len(body)+1, body+"c",
			rapid.SampledFrom([]string{"", "Sum: 1\r\n", "Other: 2\r\n"}).Draw(t, "trailer"))
	case 2:
		fmt.Fprintf(&b, "Content-Length: %d\r\n\r\n%s", len(body)+1, body) // it breaks off
	default:
		fmt.Fprintf(&b, "Content-Length: %d\r\n\r\n%s", len(body), body)
	}
	return b.String()
}

// A head whose body keeps the caller waiting is sent on by itself, whatever came of the body's
// framing with it.
func TestAHeadDoesNotWaitForItsBody(t *testing.T) {
	k := newKit(t)
	more := make(chan bool)
	up := rawUpstream(t, func(c net.Conn) {
		head := readHead(c)
		_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\n")
		if strings.Contains(head, "/chunked") {
			_, _ = io.WriteString(c, "Transfer-Encoding: chunked\r\n\r\n5\r\n")
		} else {
			_, _ = io.WriteString(c, "Content-Length: 5\r\n\r\n")
		}
		<-more
		_, _ = io.WriteString(c, "hello")
		if strings.Contains(head, "/chunked") {
			_, _ = io.WriteString(c, "\r\n0\r\n\r\n")
		}
	})
	k.client("erp", up, nil)
	for _, path := range []string{"/length", "/chunked"} {
		req, err := http.NewRequest(http.MethodGet, k.server.URL+"/gw/erp"+path, nil)
		k.check(err)
		req.Header.Set("Authorization", "Bearer "+k.token)
		resp, err := k.http.Do(req)
		k.check(err) // before there is a body
		more <- true
		body, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if string(body) != "hello" || err != nil {
			t.Errorf("%s: %q, %v", path, body, err)
		}
	}
}
