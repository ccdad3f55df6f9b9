package serve

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"ferry/auth/access"
)

// peers says who may connect and whose word on a client's address is taken.
type peers struct {
	trusted   []netip.Prefix // of reverse proxies
	onlyThose bool           // plain HTTP beyond loopback: from anybody else a secret would come in clear
}

// admits reports whether a connection from addr may be used.
func (p *peers) admits(addr net.Addr) bool {
	if !p.onlyThose {
		return true
	}
	tcp, ok := addr.(*net.TCPAddr)
	if !ok {
		return false
	}
	a := plainAddr(tcp.AddrPort().Addr())
	return a.IsLoopback() || p.trusts(a)
}

func plainAddr(a netip.Addr) netip.Addr { return a.Unmap().WithZone("") }

func (p *peers) trusts(a netip.Addr) bool {
	return slices.ContainsFunc(p.trusted, func(n netip.Prefix) bool { return n.Contains(a) })
}

// maxHops bounds how much of X-Forwarded-For is looked at.
const maxHops = 16

// client is where a request came from. A trusted proxy appends to X-Forwarded-For whom it
// was talking to, so the list is read from its end, up to the first hop that is not a
// trusted proxy. What stands before that was sent by the client and proves nothing.
func (p *peers) client(r *http.Request) netip.Addr {
	at := access.PeerAddr(r)
	if len(p.trusted) == 0 || !p.trusts(at) {
		return at
	}
	lines := r.Header.Values("X-Forwarded-For")
	hops := 0
	for i := len(lines) - 1; i >= 0; i-- {
		rest := lines[i]
		for more := true; more; hops++ {
			var hop string
			if cut := strings.LastIndexByte(rest, ','); cut >= 0 {
				rest, hop = rest[:cut], rest[cut+1:]
			} else {
				hop, more = rest, false
			}
			a, ok := parseHop(strings.TrimSpace(hop))
			if !ok || hops == maxHops {
				return at // the last one that is known
			}
			if at = a; !p.trusts(at) {
				return at
			}
		}
	}
	return at
}

// parseHop reads an address as proxies write them: with or without a port or brackets.
func parseHop(text string) (netip.Addr, bool) {
	if a, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(text, "["), "]")); err == nil {
		return plainAddr(a), true
	}
	ap, err := netip.ParseAddrPort(text)
	return plainAddr(ap.Addr()), err == nil
}
