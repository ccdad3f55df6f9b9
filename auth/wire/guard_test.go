package wire

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"ferry/auth/wire/wiretest"
	"ferry/model"
)

// CASES: SSRF: metadata addresses, mapped and decimal IPs → each kind in each of its forms.
func TestGuardedAddresses(t *testing.T) {
	guardedKinds := map[string][]string{
		"a loopback address":     {"127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1"},
		"an unspecified address": {"0.0.0.0", "0.1.2.3", "::", "::ffff:0.0.0.0"},
		"a link-local address":   {"169.254.0.1", "169.254.169.254", "fe80::1", "fe80::1%eth0", "febf::1", "::ffff:169.254.169.254"},
		"a multicast address":    {"224.0.0.1", "239.1.2.3", "255.255.255.255", "ff02::1", "ff05::2"},
		"a metadata address":     {"100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254", "fd20:ce::254", "::ffff:100.100.100.200"},
		"written as IPv6": {
			"64:ff9b::127.0.0.1", "64:ff9b::169.254.169.254", "64:ff9b::6464:64c8",
			"64:ff9b:1::127.0.0.1", "64:ff9b:1:7f00:0:100::", "64:ff9b:1:a9fe:a9:fe00::",
			"2002:7f00:1::", "2002:a9fe:a9fe::1", "2002:6464:64c8::",
			"2001:0:7f00:1::1", "2001:0:808:808::80ff:fffe", "::127.0.0.1", "::169.254.169.254", "::ffff:0:127.0.0.1",
			"2001:db8::5efe:127.0.0.1", "2001:db8::200:5efe:169.254.169.254",
		},
	}
	for kind, all := range guardedKinds {
		for _, text := range all {
			if got := guarded(netip.MustParseAddr(text)); !strings.Contains(got, kind) {
				t.Errorf("%s is %q, want %q", text, got, kind)
			}
		}
	}
	for _, text := range []string{
		"10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "100.100.100.201", "8.8.8.8", "169.253.255.255", "128.0.0.1", "1.0.0.0",
		"2001:db8::1", "fd00::1", "fc00:1::1", "fd00:ec2::253", "64:ff9b::8.8.8.8", "64:ff9b::10.0.0.1", "2002:808:808::1",
		"::ffff:10.0.0.1", "2001:0:808:808::f7f7:f7f7", "2001:4860::8888",
	} {
		if got := guarded(netip.MustParseAddr(text)); got != "" {
			t.Errorf("%s is %q", text, got)
		}
	}
	if guarded(netip.Addr{}) == "" {
		t.Error("no address may be dialled")
	}
}

// What the base URL names is the operator's choice, and nothing beside it.
func TestWhatABaseURLNames(t *testing.T) {
	for _, tc := range []struct {
		base, addr string
		may        bool
	}{
		{"http://127.0.0.1:8080", "127.0.0.1", true},
		{"http://127.0.0.1:8080", "::ffff:127.0.0.1", true},
		{"http://127.0.0.1:8080", "127.0.0.2", false},
		{"http://127.0.0.1:8080", "::1", false},
		{"http://127.0.0.1:8080", "169.254.169.254", false},
		{"http://[::1]", "::1", true},
		{"http://[::1]", "127.0.0.1", false},
		{"http://[::ffff:127.0.0.1]", "127.0.0.1", true},
		{"http://[64:ff9b::7f00:1]", "64:ff9b::127.0.0.1", true},
		{"http://[64:ff9b::7f00:1]", "127.0.0.1", false},
		{"http://localhost", "127.0.0.1", true},
		{"http://LOCALHOST:1", "::1", true},
		{"http://localhost", "169.254.169.254", false},
		{"http://localhost", "64:ff9b::7f00:1", false},
		{"http://localhost.", "127.0.0.1", false},
		{"http://app.localhost", "127.0.0.1", false},
		{"http://2130706433", "127.0.0.1", false},
		{"http://169.254.169.254", "169.254.169.254", true},
		{"http://169.254.169.254", "169.254.169.253", false},
		{"http://[fe80::1%25eth0]", "fe80::1%eth0", true},
		{"https://erp.example.com", "10.0.0.7", true},
		{"https://erp.example.com", "127.0.0.1", false},
	} {
		u, err := url.Parse(tc.base)
		if err != nil {
			t.Fatal(err)
		}
		err = guardFor(u).check(netip.MustParseAddr(tc.addr))
		if (err == nil) != tc.may {
			t.Errorf("%s at %s: %v", tc.base, tc.addr, err)
		}
	}
}

// CASES: decimal IPs: a proxy looks hosts up itself, so that each spelling counts that some
// system takes for an address.
func TestSpellingsOfHostsForAProxy(t *testing.T) {
	g := guardFor(&url.URL{Scheme: "https", Host: "erp.example.com"})
	for _, host := range []string{
		"127.0.0.1", "2130706433", "0x7f000001", "0x7F.1", "017700000001", "0177.0.0.1", "127.1", "127.0.1", "0", "0.0.0.0", "127.0.0.1.",
		"169.254.169.254", "2852039166", "0xa9fea9fe", "0251.0376.0251.0376", "169.254.43518", "1684301000", "::1", "::ffff:7f00:1", "64:ff9b::7f00:1",
		"localhost", "LOCALHOST", "localhost.", "a.localhost", "a.localhost.", "fe80::1%eth0", "4294967295",
	} {
		if g.checkHost(host) == nil {
			t.Errorf("%s passes", host)
		}
	}
	for _, host := range []string{
		"erp.example.com", "10.0.0.1", "167772161", "8.8.8.8", "2001:db8::1", "localhost.example.com", "notlocalhost", "256.0.0.1", "1.2.3.4.5",
		"4294967296", "0x", "08.0.0.1", "1_0.0.0.1", "127.0.0.1.example.com", "a1", "",
	} {
		if err := g.checkHost(host); err != nil {
			t.Errorf("%s: %v", host, err)
		}
	}
	for host, base := range map[string]string{"localhost": "http://localhost", "LocalHost": "http://localhost", "127.0.0.1": "http://127.0.0.1"} {
		u, _ := url.Parse(base)
		if err := guardFor(u).checkHost(host); err != nil {
			t.Errorf("%s: %v", base, err)
		}
	}
}

func FuzzLooseAddr(f *testing.F) {
	for _, s := range []string{"127.0.0.1", "0x7f.1", "2130706433", "1.2.3.4.5", "", "...", "0177.1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, host string) {
		a, ok := looseAddr(host)
		if strict, err := netip.ParseAddr(host); err == nil && strict.Is4() && (!ok || a != strict) {
			t.Errorf("%q is %s, not %s", host, strict, a)
		}
	})
}

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
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 1500)
		for {
			size, from, err := pc.ReadFrom(buf)
			if err != nil {
				return
			}
			_, _ = pc.WriteTo(n.reply(buf[:size]), from)
		}
	}()
	t.Cleanup(func() { _ = pc.Close(); <-done })
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", pc.LocalAddr().String())
	}}
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
