package model

import (
	"errors"
	"net/netip"
	"strings"
)

// ParseNetwork reads a network, "10.0.0.0/8", or one address, which is a network of its
// own. An IPv4 address mapped into IPv6 (RFC 4291 §2.5.5.2) is taken for what it is,
// because that is how the address of a caller is looked at. The error is a sentence for a
// person, without the text itself and without a code.
func ParseNetwork(text string) (netip.Prefix, error) {
	text = strings.TrimSpace(text)
	if strings.Contains(text, "%") {
		return netip.Prefix{}, errors.New("an address with a zone means another network on every host: leave the zone out")
	}
	if addr, err := netip.ParseAddr(text); err == nil {
		addr = addr.Unmap()
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	p, err := netip.ParsePrefix(text)
	switch {
	case err != nil:
		return netip.Prefix{}, errors.New("this is no network: write it as in 10.0.0.0/8, 2001:db8::/32 or 192.0.2.7")
	case !p.Addr().Is4In6():
		return p.Masked(), nil
	case p.Bits() < 96:
		return netip.Prefix{}, errors.New("this holds more than IPv4 addresses mapped into IPv6: write the IPv4 network")
	}
	return netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96).Masked(), nil
}
