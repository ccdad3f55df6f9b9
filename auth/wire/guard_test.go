package wire

import (
	"net/netip"
	"net/url"
	"strings"
	"testing"
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
