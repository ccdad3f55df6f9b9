package wire

import (
	"context"
	"fmt"
	"math"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"syscall"

	"ferry/model"
)

// guard keeps the requests of others away from addresses of this machine and its network's
// infrastructure. What the base URL itself names is the operator's choice.
type guard struct {
	named     netip.Addr // the address that the base URL names, if it names one of the guarded
	localhost bool       // it names localhost: loopback is meant
}

// guardError is an address that nobody may be led to.
type guardError struct {
	host string // as it was to be dialled
	kind string
}

func (e *guardError) Error() string { return e.host + " is " + e.kind }

// guardFor returns the guard of a base URL.
func guardFor(base *url.URL) *guard {
	host := base.Hostname()
	g := &guard{localhost: strings.EqualFold(host, "localhost")}
	if a, err := netip.ParseAddr(host); err == nil && guarded(a) != "" {
		g.named = plainAddr(a)
	}
	return g
}

// key tells guards apart: those that make no exception are one.
func (g *guard) key() string {
	switch {
	case g == nil:
		return ""
	case g.localhost:
		return "guarded localhost"
	case g.named.IsValid():
		return "guarded " + g.named.String()
	}
	return "guarded"
}

// control is the ControlContext of a net.Dialer: it sees each address that is dialled, after
// the look-up, so that a name that changes its answer gets nowhere.
func (g *guard) control(_ context.Context, _, address string, _ syscall.RawConn) error {
	ap, err := netip.ParseAddrPort(address)
	if err != nil {
		return &guardError{address, "no address"}
	}
	return g.check(ap.Addr())
}

// check returns a *guardError for an address that is guarded.
func (g *guard) check(a netip.Addr) error {
	kind := guarded(a)
	plain := plainAddr(a)
	if kind == "" || plain == g.named || g.localhost && plain.IsLoopback() {
		return nil
	}
	return &guardError{a.String(), kind}
}

// checkHost looks at a host as it is written, where a proxy looks it up: whatever spelling of
// an address the proxy's system may take for one counts.
func (g *guard) checkHost(host string) error {
	if a, err := netip.ParseAddr(host); err == nil {
		return g.check(a)
	}
	if strings.EqualFold(host, "localhost") && g.localhost {
		return nil
	}
	name := strings.ToLower(strings.TrimRight(host, "."))
	if name == "localhost" || strings.HasSuffix(name, ".localhost") {
		return &guardError{host, "a name of this machine"}
	}
	if a, ok := looseAddr(name); ok {
		if kind := guarded(a); kind != "" {
			return &guardError{host, kind} // spelled so, it is nobody's choice
		}
	}
	return nil
}

// metadata are addresses at which clouds tell machines their credentials, beside the
// link-local 169.254.169.254.
var metadata = []netip.Addr{
	netip.MustParseAddr("100.100.100.200"), // Alibaba Cloud
	netip.MustParseAddr("168.63.129.16"),   // Azure
	netip.MustParseAddr("192.0.0.192"),     // Oracle Cloud
	netip.MustParseAddr("fd00:ec2::254"),   // AWS
	netip.MustParseAddr("fd20:ce::254"),    // Google Cloud
}

// plainAddr is an address without a zone, IPv4 where it is one mapped into IPv6.
func plainAddr(a netip.Addr) netip.Addr { return a.WithZone("").Unmap() }

// guarded returns what is special about an address, "" for one that may be dialled. An IPv6
// address that leads to an IPv4 address somewhere is what that is.
func guarded(a netip.Addr) string {
	a = plainAddr(a)
	switch {
	case !a.IsValid():
		return "no address"
	case a.IsLoopback():
		return "a loopback address"
	case a.IsUnspecified(), a.Is4() && a.As4()[0] == 0:
		return "an unspecified address"
	case a.IsLinkLocalUnicast():
		return "a link-local address"
	case a.IsMulticast(), a == netip.AddrFrom4([4]byte{255, 255, 255, 255}):
		return "a multicast address"
	}
	for _, m := range metadata {
		if a == m {
			return "a metadata address"
		}
	}
	if a.Is6() {
		for _, v4 := range inside(a.As16()) {
			if kind := guarded(v4); kind != "" {
				return kind + " written as IPv6"
			}
		}
	}
	return ""
}

// inside returns the IPv4 addresses that an IPv6 address may be translated or tunnelled to.
func inside(b [16]byte) []netip.Addr {
	at := func(i int) netip.Addr { return netip.AddrFrom4([4]byte(b[i : i+4])) }
	starts := func(prefix ...byte) bool { return string(b[:len(prefix)]) == string(prefix) }
	switch {
	case starts(0x00, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0): // NAT64 (RFC 6052)
		return []netip.Addr{at(12)}
	case starts(0x00, 0x64, 0xff, 0x9b, 0, 1): // NAT64 of a site (RFC 8215), as /48, /64 or /96
		return []netip.Addr{
			netip.AddrFrom4([4]byte{b[6], b[7], b[9], b[10]}),
			netip.AddrFrom4([4]byte{b[9], b[10], b[11], b[12]}), at(12),
		}
	case starts(0x20, 0x02): // 6to4 (RFC 3056)
		return []netip.Addr{at(2)}
	case starts(0x20, 0x01, 0, 0): // Teredo (RFC 4380): the server, and the client inverted
		return []netip.Addr{at(4), netip.AddrFrom4([4]byte{^b[12], ^b[13], ^b[14], ^b[15]})}
	case starts(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), // IPv4-compatible (RFC 4291 §2.5.5.1)
		starts(0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0): // IPv4-translated (RFC 2765)
		return []netip.Addr{at(12)}
	case b[8]&^2 == 0 && b[9] == 0 && b[10] == 0x5e && b[11] == 0xfe: // ISATAP (RFC 5214)
		return []netip.Addr{at(12)}
	}
	return nil
}

// looseAddr reads what the C library takes for an IPv4 address (inet_aton): one to four
// numbers, decimal, octal or hexadecimal, the last of which fills the rest.
func looseAddr(host string) (netip.Addr, bool) {
	parts := strings.Split(host, ".")
	if len(parts) > 4 {
		return netip.Addr{}, false
	}
	var v uint64
	for i, part := range parts {
		n, err := strconv.ParseUint(part, 0, 32) // the prefixes 0 and 0x, as in C
		limit := uint64(math.MaxUint8)
		if i == len(parts)-1 {
			limit = math.MaxUint32 >> (8 * i)
		}
		if err != nil || n > limit || strings.Contains(part, "_") {
			return netip.Addr{}, false
		}
		if i < len(parts)-1 {
			v |= n << (24 - 8*i)
		} else {
			v |= n
		}
	}
	return netip.AddrFrom4([4]byte{byte(v >> 24), byte(v >> 16), byte(v >> 8), byte(v)}), true
}

// guarding explains an address that was refused.
func (x *explainer) guarding() finding {
	e := guardErrorOf(x.err)
	if e == nil {
		return finding{}
	}
	return finding{
		model.EUnreachable, fmt.Sprintf("%s, which requests of others do not reach", model.Printable(e.Error())),
		"if that is meant, name the address itself: " + x.update(x.flag),
	}
}
