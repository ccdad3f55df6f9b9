package serve

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"os"
	"testing"
	"time"
)

func prefixes(list ...string) []netip.Prefix {
	var out []netip.Prefix
	for _, p := range list {
		out = append(out, netip.MustParsePrefix(p))
	}
	return out
}

// CASES: X-Forwarded-* counts from a trusted proxy only, and only what that added.
func TestClientAddress(t *testing.T) {
	p := peers{trusted: prefixes("10.0.0.0/8", "fd00::/8"), onlyThose: true}
	for name, tc := range map[string]struct {
		peer    string
		headers []string
		want    string
	}{
		"nobody's word":                   {"192.0.2.1:99", []string{"198.51.100.7"}, "192.0.2.1"},
		"loopback is no proxy by itself":  {"127.0.0.1:99", []string{"198.51.100.7"}, "127.0.0.1"},
		"the proxy's word":                {"10.0.0.2:99", []string{"198.51.100.7"}, "198.51.100.7"},
		"a spoofed first hop":             {"10.0.0.2:99", []string{"203.0.113.9, 198.51.100.7"}, "198.51.100.7"},
		"a spoofed line":                  {"10.0.0.2:99", []string{"203.0.113.9", "198.51.100.7"}, "198.51.100.7"},
		"two proxies":                     {"10.0.0.2:99", []string{"203.0.113.9, 198.51.100.7, 10.0.0.3"}, "198.51.100.7"},
		"two proxies, two lines":          {"10.0.0.2:99", []string{"203.0.113.9,198.51.100.7", "10.0.0.3"}, "198.51.100.7"},
		"only proxies":                    {"10.0.0.2:99", []string{"10.0.0.4, 10.0.0.3"}, "10.0.0.4"},
		"no header":                       {"10.0.0.2:99", nil, "10.0.0.2"},
		"nonsense":                        {"10.0.0.2:99", []string{"198.51.100.7, <script>"}, "10.0.0.2"},
		"nonsense behind a known address": {"10.0.0.2:99", []string{"nonsense, 198.51.100.7"}, "198.51.100.7"},
		"a port":                          {"10.0.0.2:99", []string{"198.51.100.7:4711"}, "198.51.100.7"},
		"IPv6 with port":                  {"10.0.0.2:99", []string{"[2001:db8::1]:4711"}, "2001:db8::1"},
		"IPv6 in brackets":                {"[fd00::2]:99", []string{"[2001:db8::1]"}, "2001:db8::1"},
		"a zone":                          {"10.0.0.2:99", []string{"fe80::1%e\x1b[31m"}, "fe80::1"},
		"mapped":                          {"[::ffff:10.0.0.2]:99", []string{"::ffff:198.51.100.7"}, "198.51.100.7"},
		"empty":                           {"10.0.0.2:99", []string{""}, "10.0.0.2"},
	} {
		r := &http.Request{RemoteAddr: tc.peer, Header: http.Header{"X-Forwarded-For": tc.headers}}
		if got := p.client(r); got.String() != tc.want {
			t.Errorf("%s: %s, want %s", name, got, tc.want)
		}
	}
}

func TestWhoMayConnect(t *testing.T) {
	p := peers{trusted: prefixes("10.0.0.0/8"), onlyThose: true}
	for addr, want := range map[string]bool{
		"10.1.2.3": true, "127.0.0.1": true, "::1": true, "::ffff:10.1.2.3": true, "192.0.2.1": false, "2001:db8::1": false,
	} {
		if got := p.admits(&net.TCPAddr{IP: net.ParseIP(addr), Port: 1}); got != want {
			t.Errorf("%s: %t, want %t", addr, got, want)
		}
	}
	if !(&peers{}).admits(&net.TCPAddr{IP: net.ParseIP("192.0.2.1")}) {
		t.Error("without a proxy everybody who reaches the address is admitted")
	}
}

// What a proxy says is what limits, networks and the log go by.
func TestBehindProxy(t *testing.T) {
	k := newKit(t)
	k.start(func(o *Options) { o.Config.BehindProxy = prefixes("127.0.0.0/8") })
	k.do(http.MethodPost, "/oauth2/token", grant(k.key), formType, "X-Forwarded-For: 203.0.113.9, 198.51.100.7", "Forwarded: for=192.0.2.60")
	if got := k.status().Recent[0]; got.Addr != "198.51.100.7" || got.Status != http.StatusOK {
		t.Errorf("logged %+v", got)
	}
	must(t, k.Close())
	k.start(nil)
	k.do(http.MethodPost, "/oauth2/token", grant(k.key), formType, "X-Forwarded-For: 198.51.100.7")
	if got := k.status().Recent[0]; got.Addr != "127.0.0.1" {
		t.Errorf("without a proxy the header was believed: %+v", got)
	}
}

// A peer that is neither loopback nor the proxy is cut before anything it sent is read.
func TestOutsideTheProxyIsCut(t *testing.T) {
	st := newStats()
	p := peers{trusted: prefixes("203.0.113.0/24"), onlyThose: true}
	outside := true
	l, err := listen(context.Background(), "127.0.0.1:0", 10, func(a net.Addr) bool {
		if outside { // a test can come from loopback only
			a = &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 1}
		}
		outside = false
		return p.admits(a)
	}, st)
	must(t, err)
	defer l.Close()
	first, err := net.Dial("tcp", l.Addr().String())
	must(t, err)
	defer first.Close()
	second, err := net.Dial("tcp", l.Addr().String())
	must(t, err)
	defer second.Close()
	got, err := l.Accept()
	must(t, err)
	defer got.Close()
	if got.RemoteAddr().String() != second.LocalAddr().String() || st.refusals.get("outside_proxy").count.Load() != 1 {
		t.Errorf("%s was let in; refusals: %+v", got.RemoteAddr(), st.refusalsByCount())
	}
	must(t, first.SetReadDeadline(time.Now().Add(5*time.Second)))
	if n, err := first.Read(make([]byte, 1)); n != 0 || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the peer outside was not cut: %v", err)
	}
}
