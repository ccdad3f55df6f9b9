package wire

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"ferry/auth/wire/wiretest"
	"ferry/model"
)

// zone is a name server whose answers a test changes.
type zone struct {
	mu      sync.Mutex
	answers [][]string // each question of type A takes the first, the last stays
	asked   atomic.Int64
}

func (n *zone) next() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.asked.Add(1)
	now := n.answers[0]
	if len(n.answers) > 1 {
		n.answers = n.answers[1:]
	}
	return now
}

// reply answers a question (RFC 1035 §4.1): of type A with addresses, else with none.
func (n *zone) reply(question []byte) []byte {
	out := append([]byte(nil), question...)
	out[2] |= 0x80                            // this is a response
	out[3] &= 0xf0                            // without an error
	copy(out[6:12], []byte{0, 0, 0, 0, 0, 0}) // no records yet
	end := 12
	for out[end] != 0 {
		end += int(out[end]) + 1
	}
	out = out[:end+5]
	if out[end+2] != 1 { // another type
		return out
	}
	for _, ip := range n.next() {
		out[7]++
		out = append(out, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4) // the name of the question, A, IN, no time to live
		v4 := netip.MustParseAddr(ip).As4()
		out = append(out, v4[:]...)
	}
	return out
}

// resolver answers from n.
func (n *zone) resolver(t *testing.T) *net.Resolver {
	t.Helper()
	return resolving(t, n.reply)
}

// watched is a server on loopback that nobody may be led to, and how many came.
func watched(t *testing.T) (port string, came *atomic.Int64) {
	t.Helper()
	came = new(atomic.Int64)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &httptest.Server{Listener: l, Config: &http.Server{
		Handler:   http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "inside") }),
		ConnState: func(_ net.Conn, st http.ConnState) { came.Add(map[http.ConnState]int64{http.StateNew: 1}[st]) },
	}}
	s.Start()
	t.Cleanup(s.Close)
	_, port, err = net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port, came
}

// CASES: SSRF: DNS rebinding → blocked when dialling: nothing arrives, whatever the name
// said before, beside, or after.
func TestANameThatLeadsInside(t *testing.T) {
	port, came := watched(t)
	for name, answers := range map[string][][]string{
		"at once":          {{"127.0.0.1"}},
		"after a good one": {{"203.0.113.1"}, {"127.0.0.1"}},
		"beside others":    {{"169.254.169.254", "127.0.0.1", "0.0.0.0"}},
	} {
		t.Run(name, func(t *testing.T) {
			n := &zone{answers: answers}
			p := newPool(t, quick)
			p.resolver, p.direct = n.resolver(t), true
			c := exposed("http://rebind.example:" + port)
			c.AllowHTTP = true
			for range len(answers) {
				_, err := goThrough(t, t.Context(), p, c, c.BaseURL+"/")
				if err == nil {
					t.Fatal("it was let in")
				}
				if n.asked.Load() == int64(len(answers)) && FaultOf(err) != FaultGuard {
					t.Errorf("%q: %v", FaultOf(err), err)
				}
			}
			if n.asked.Load() < int64(len(answers)) {
				t.Errorf("looked up %d times", n.asked.Load())
			}
		})
	}
	if came.Load() != 0 {
		t.Errorf("%d connections arrived", came.Load())
	}
	// The same server is reached where the base URL names it, in any of these ways.
	for _, host := range []string{"127.0.0.1", "localhost", "LOCALHOST"} {
		c := exposed("http://" + host + ":" + port)
		if got, err := goThrough(t, t.Context(), newPool(t, quick), c, c.BaseURL+"/"); err != nil || got.body != "inside" {
			t.Errorf("%s: %q, %v", host, got.body, err)
		}
	}
}

// Spellings that only the system's resolver takes for an address lead nowhere either.
func TestOddSpellingsLeadNowhere(t *testing.T) {
	port, came := watched(t)
	for _, host := range []string{"2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0", "127.0.0.1.", "localhost.", "a.localhost", "localhost.example"} {
		c := exposed("http://" + host + ":" + port)
		c.AllowHTTP = true
		p := newPool(t, quick)
		p.direct = true
		n := &zone{answers: [][]string{{"127.0.0.1"}}}
		p.resolver = n.resolver(t)
		got, err := goThrough(t, t.Context(), p, c, c.BaseURL+"/")
		if err == nil || got.body != "" {
			t.Errorf("%s: %q", host, got.body)
		}
	}
	if came.Load() != 0 {
		t.Errorf("%d connections arrived", came.Load())
	}
}

// A proxy's own address is the operator's choice; what it is asked for is looked at here.
func TestTheGuardBeforeAProxy(t *testing.T) {
	port, came := watched(t)
	for _, kind := range []string{"http", "socks5", "socks5h"} {
		for _, host := range []string{"2130706433", "0x7f.1", "localhost.", "a.localhost", "erp.example"} {
			t.Run(kind+" "+host, func(t *testing.T) {
				inside := net.JoinHostPort("127.0.0.1", port)
				proxy := wiretest.NewSOCKS5(t)
				if kind == "http" {
					proxy = wiretest.NewProxy(t, nil)
				}
				proxy.Hosts = map[string]string{"2130706433": inside, "0x7f.1": inside, "localhost.": inside, "a.localhost": inside}
				p := newPool(t, quick)
				n := &zone{answers: [][]string{{"127.0.0.1"}}}
				p.resolver = n.resolver(t)
				c := exposed("http://" + host + ":" + port)
				c.AllowHTTP, c.Transport.Proxy = true, kind+"://"+proxy.Host
				got, err := goThrough(t, t.Context(), p, c, c.BaseURL+"/")
				if got.body == "inside" {
					t.Fatalf("it was let in: %v", got)
				}
				if host == "erp.example" && kind != "socks5" {
					return // looked up by the proxy, which does not know it
				}
				if FaultOf(err) != FaultGuard || len(proxy.Asked()) > 0 {
					t.Errorf("%q: %v; the proxy was asked %q", FaultOf(err), err, proxy.Asked())
				}
			})
		}
	}
	if came.Load() != 0 {
		t.Errorf("%d connections arrived", came.Load())
	}
	proxy := wiretest.NewProxy(t, nil)
	c := exposed("http://127.0.0.1:" + port)
	c.Transport.Proxy = "http://" + proxy.Host
	if got, err := goThrough(t, t.Context(), newPool(t, quick), c, c.BaseURL+"/"); err != nil || got.body != "inside" {
		t.Errorf("a base URL that names it, through a proxy: %q, %v", got.body, err)
	}
}

// The words for a person name no more than the address, and what to do.
func TestWordsOfTheGuard(t *testing.T) {
	port, _ := watched(t)
	p := newPool(t, quick)
	n := &zone{answers: [][]string{{"127.0.0.1"}}}
	p.resolver, p.direct = n.resolver(t), true
	c := exposed("http://erp.example:" + port)
	c.AllowHTTP = true
	_, err := goThrough(t, t.Context(), p, c, c.BaseURL+"/x?key="+canary)
	var e *model.Error
	want := fmt.Sprintf(`the API of "erp" (erp.example:%s) could not be reached: 127.0.0.1 is a loopback address, which requests of others do not reach, while connecting`, port)
	if !errors.As(err, &e) || e.Message != want || !strings.Contains(e.Next, "--base-url URL") {
		t.Errorf("%v", err)
	}
	wiretest.Leaks(t, "error", err, canary)
}
