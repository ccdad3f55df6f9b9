package wire

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"time"

	"ferry/model"
)

// dialer makes connections to targets, through a proxy where there is one. net/http's
// own tunnels have no time limit and name neither the proxy nor what it said.
type dialer struct {
	direct  net.Dialer
	route   route
	forward bool // the proxy reads the request itself: no tunnel
	limits  Limits
	caPEM   string
	guard   *guard // nil: every address may be dialled
}

// dial is the DialContext of a transport. addr is host:port of the target; the proxy's
// when forward is set.
func (d *dialer) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	if d.route.proxy == nil {
		return d.direct.DialContext(ctx, network, addr)
	}
	conn, err := d.toProxy(ctx)
	if err != nil {
		return nil, &proxyError{fault: proxyUnreachable, err: err}
	}
	if d.forward {
		return conn, nil
	}
	tr := traceOf(ctx)
	tr.dialling(stageProxy, func() {})
	if err := d.tunnel(ctx, conn, addr); err != nil {
		_ = conn.Close()
		return nil, err
	}
	// The target is connected to now, not when the proxy was.
	tr.dialling(stageConnect, tr.connect.end)
	return conn, nil
}

// toProxy connects to the proxy. Its certificate is checked whatever the client says
// about its own API's, against the system's authorities and the client's; it never
// gets the client's certificate.
func (d *dialer) toProxy(ctx context.Context) (net.Conn, error) {
	conn, err := d.direct.DialContext(ctx, "tcp", d.route.host())
	if err != nil || d.route.scheme() != "https" {
		return conn, err
	}
	roots, err := x509.SystemCertPool()
	if err != nil {
		roots = x509.NewCertPool()
	}
	roots.AppendCertsFromPEM([]byte(d.caPEM))
	secured := tls.Client(conn, &tls.Config{MinVersion: tls.VersionTLS12, ServerName: d.route.proxy.Hostname(), RootCAs: roots})
	ctx, cancel := context.WithTimeout(ctx, d.limits.TLS)
	defer cancel()
	if err := secured.HandshakeContext(ctx); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return secured, nil
}

// tunnel asks the proxy for a connection to addr, within the time to connect.
func (d *dialer) tunnel(ctx context.Context, conn net.Conn, addr string) error {
	ctx, cancel := context.WithTimeout(ctx, d.limits.Dial)
	defer cancel()
	// The connection knows no context: its end is made a deadline long past.
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	var err error
	if d.route.speaksHTTP() {
		err = d.connect(conn, addr)
	} else {
		err = d.socks(ctx, conn, addr)
	}
	if !stop() && err == nil {
		err = ctx.Err() // too late: the deadline is set
	}
	var known *proxyError
	if err == nil || errors.As(err, &known) {
		return err
	}
	return &proxyError{fault: proxyBroken, err: err}
}

// connect asks an HTTP proxy for a tunnel (RFC 9110 §9.3.6).
func (d *dialer) connect(conn net.Conn, addr string) error {
	req := &http.Request{Method: http.MethodConnect, URL: &url.URL{Opaque: addr}, Host: addr, Header: http.Header{"User-Agent": {agentName + "proxy"}}}
	if d.route.user != "" || d.route.password.IsSet() {
		pair := d.route.user + ":" + d.route.password.Reveal()
		req.Header.Set("Proxy-Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(pair)))
	}
	if err := req.Write(conn); err != nil {
		return err
	}
	in := bufio.NewReader(io.LimitReader(conn, model.MaxHeaderBytes))
	resp, err := http.ReadResponse(in, req)
	if err != nil {
		return err
	}
	_ = resp.Body.Close() // a tunnel has none, and a refused connection is closed
	switch status := resp.StatusCode; {
	case status/100 == 2 && in.Buffered() == 0:
		return nil
	case status/100 == 2:
		return errors.New("it sent more than its answer")
	default:
		return refusedTunnel(status)
	}
}

// refusedTunnel tells what an HTTP proxy means. Gateways say 502 to 504 about the
// target; whatever else is no is a rule of the proxy.
func refusedTunnel(status int) error {
	e := &proxyError{fault: proxyDenied, says: strconv.Itoa(status)}
	switch status {
	case http.StatusProxyAuthRequired:
		e.fault = proxyAuth
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		e.fault = proxyTarget
	}
	return e
}

// lookUp finds one address of host, IPv4 first: whether the proxy has IPv6 is not known.
// An address that is guarded is none.
func (d *dialer) lookUp(ctx context.Context, host string) (net.IP, error) {
	resolver := d.direct.Resolver
	if resolver == nil {
		resolver = net.DefaultResolver
	}
	found, err := resolver.LookupIP(ctx, "ip", host)
	if err != nil {
		return nil, err
	}
	if found, err = d.allowed(found); err != nil {
		return nil, err
	}
	for _, ip := range found {
		if ip.To4() != nil {
			return ip, nil
		}
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("no address of %q", host)
	}
	return found[0], nil
}

// allowed returns the addresses that may be dialled, an error when there are others only.
func (d *dialer) allowed(found []net.IP) (out []net.IP, err error) {
	if d.guard == nil {
		return found, nil
	}
	for _, ip := range found {
		a, _ := netip.AddrFromSlice(ip)
		if e := d.guard.check(a); e != nil {
			err = e
			continue
		}
		out = append(out, ip)
	}
	if len(out) > 0 {
		err = nil
	}
	return out, err
}
