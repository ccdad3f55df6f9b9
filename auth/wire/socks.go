package wire

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
)

// The parts of SOCKS 5 (RFC 1928, RFC 1929) that a client needs.
const (
	socksVersion  = 5
	socksNoAuth   = 0x00
	socksPassword = 0x02
	socksConnect  = 1
	socksIPv4     = 1
	socksName     = 3
	socksIPv6     = 4
)

// socksReplies are RFC 1928 §6. 2 is a rule of the proxy, the rest is about the target.
var socksReplies = map[byte]string{
	1: "it failed", 2: "not allowed", 3: "network unreachable", 4: "host unreachable",
	5: "connection refused", 6: "it took too long", 7: "it cannot connect", 8: "it does not know such an address",
}

// socks asks a SOCKS 5 proxy for a connection to addr.
func (d *dialer) socks(ctx context.Context, conn net.Conn, addr string) error {
	request, err := d.socksRequest(ctx, addr)
	if err != nil {
		return err
	}
	if err := d.greet(conn); err != nil {
		return err
	}
	if _, err := conn.Write(request); err != nil {
		return err
	}
	head := make([]byte, 4) // version, reply, reserved, type of address
	if _, err := io.ReadFull(conn, head); err != nil {
		return err
	}
	if head[0] != socksVersion {
		return errNotSocks
	}
	if code := head[1]; code != 0 {
		e := &proxyError{fault: proxyTarget, says: socksReplies[code]}
		if e.says == "" {
			e.says = fmt.Sprintf("reply %d", code)
		}
		if code == 2 {
			e.fault = proxyDenied
		}
		return e
	}
	return skipAddress(conn, head[3])
}

var errNotSocks = errors.New("it does not speak SOCKS 5")

// greet agrees on how to authenticate, and does.
func (d *dialer) greet(conn net.Conn) error {
	methods := []byte{socksNoAuth}
	if d.route.user != "" {
		methods = []byte{socksNoAuth, socksPassword}
	}
	if _, err := conn.Write(counted([]byte{socksVersion}, string(methods))); err != nil {
		return err
	}
	var chosen [2]byte
	if _, err := io.ReadFull(conn, chosen[:]); err != nil {
		return err
	}
	switch {
	case chosen[0] != socksVersion:
		return errNotSocks
	case chosen[1] == socksNoAuth:
		return nil
	case chosen[1] == socksPassword && d.route.user != "":
		return d.login(conn)
	}
	return &proxyError{fault: proxyAuth, says: "no way to authenticate in common"}
}

// counted appends text with its length before it; the callers know it is below 256.
func counted(b []byte, text string) []byte {
	return append(append(b, byte(len(text)&0xff)), text...)
}

// login is RFC 1929 §2.
func (d *dialer) login(conn net.Conn) error {
	user, secret := d.route.user, d.route.password.Reveal()
	if len(user) > 255 || len(secret) > 255 {
		return &proxyError{fault: proxyAuth, says: "user name or password longer than 255 bytes"}
	}
	if _, err := conn.Write(counted(counted([]byte{1}, user), secret)); err != nil {
		return err
	}
	var verdict [2]byte
	if _, err := io.ReadFull(conn, verdict[:]); err != nil {
		return err
	}
	if verdict[1] != 0 {
		return &proxyError{fault: proxyAuth, says: "refused"}
	}
	return nil
}

func (d *dialer) socksRequest(ctx context.Context, addr string) ([]byte, error) {
	host, portText, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	port, err := strconv.ParseUint(portText, 10, 16)
	if err != nil {
		return nil, err
	}
	ip := net.ParseIP(host)
	if ip == nil && d.route.scheme() == "socks5" {
		if ip, err = d.lookUp(ctx, host); err != nil {
			return nil, &proxyError{fault: proxyTarget, says: "no address here", err: err}
		}
	}
	b := []byte{socksVersion, socksConnect, 0}
	switch {
	case ip.To4() != nil:
		b = append(append(b, socksIPv4), ip.To4()...)
	case ip != nil:
		b = append(append(b, socksIPv6), ip.To16()...)
	case len(host) > 255:
		return nil, errors.New("the host name is too long for SOCKS")
	default:
		b = counted(append(b, socksName), host)
	}
	return binary.BigEndian.AppendUint16(b, uint16(port)), nil
}

// skipAddress reads past the address that the proxy bound, which nobody needs.
func skipAddress(conn net.Conn, kind byte) error {
	var n int
	switch kind {
	case socksIPv4:
		n = net.IPv4len
	case socksIPv6:
		n = net.IPv6len
	case socksName:
		var length [1]byte
		if _, err := io.ReadFull(conn, length[:]); err != nil {
			return err
		}
		n = int(length[0])
	default:
		return errNotSocks
	}
	_, err := io.CopyN(io.Discard, conn, int64(n)+2)
	return err
}
