package serve

import (
	"crypto/tls"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"sync/atomic"
	"testing"
	"time"
)

// h2conn speaks HTTP/2 frame by frame (RFC 9113), so that it can say what no client would.
type h2conn struct {
	t testing.TB
	net.Conn
	lost atomic.Bool // a frame could not be sent
}

const (
	h2Data, h2Headers, h2Reset, h2Settings, h2GoAway = 0, 1, 3, 4, 7
	h2EndStream, h2EndHeaders, h2Ack                 = 1, 4, 1
)

func dialH2(t testing.TB, addr string, trust *tls.Config) *h2conn {
	t.Helper()
	c := trust.Clone()
	c.NextProtos = []string{"h2"}
	conn, err := tls.Dial("tcp", addr, c)
	must(t, err)
	if conn.ConnectionState().NegotiatedProtocol != "h2" {
		t.Fatal("no HTTP/2")
	}
	must(t, conn.SetDeadline(time.Now().Add(10*time.Second)))
	h := &h2conn{t: t, Conn: conn}
	_, err = io.WriteString(conn, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
	must(t, err)
	h.frame(h2Settings, 0, 0, nil)
	return h
}

// frame sends a frame; a connection that was closed takes none.
func (c *h2conn) frame(kind, flags byte, stream uint32, payload []byte) {
	head := make([]byte, 9, 9+len(payload))
	binary.BigEndian.PutUint32(head, uint32(len(payload))<<8|uint32(kind))
	head[4] = flags
	binary.BigEndian.PutUint32(head[5:], stream)
	if _, err := c.Write(append(head, payload...)); err != nil {
		c.lost.Store(true)
	}
}

// fields encodes names and values as they are: literals without indexing (RFC 7541 §6.2.2).
func fields(pairs ...string) []byte {
	var out []byte
	for i, text := range pairs {
		if i%2 == 0 {
			out = append(out, 0)
		}
		n := len(text)
		if n < 127 {
			out = append(out, byte(n))
		} else {
			out = append(out, 127)
			for n -= 127; n >= 128; n >>= 7 {
				out = append(out, byte(n)|0x80)
			}
			out = append(out, byte(n))
		}
		out = append(out, text...)
	}
	return out
}

// answer reads until something is said of a stream: "200", "400" or another status, "reset", or
// "closed" when the connection goes.
func (c *h2conn) answer(stream uint32) string {
	head := make([]byte, 9)
	for {
		if _, err := io.ReadFull(c, head); err != nil {
			var ne net.Error
			if errors.As(err, &ne) && ne.Timeout() {
				return "nothing"
			}
			return "closed"
		}
		payload := make([]byte, binary.BigEndian.Uint32(head)>>8)
		if _, err := io.ReadFull(c, payload); err != nil {
			return "closed"
		}
		of := binary.BigEndian.Uint32(head[5:])
		switch kind := head[3]; {
		case kind == h2Settings && head[4]&h2Ack == 0:
			c.frame(h2Settings, h2Ack, 0, nil)
		case kind == h2GoAway:
			return "closed"
		case kind == h2Reset && of == stream:
			return "reset"
		case kind == h2Headers && of == stream:
			switch payload[0] { // of the static table (RFC 7541, appendix A)
			case 0x88:
				return "200"
			case 0x8C:
				return "400"
			case 0x8D:
				return "404"
			}
			return "another status"
		}
	}
}

// request are the fields of a good request, with others behind them.
func h2request(token, path string, more ...string) []byte {
	return fields(append([]string{":method", "GET", ":scheme", "https", ":authority", "x", ":path", path, "authorization", "Bearer " + token}, more...)...)
}

// CASES Gateway over HTTP/2: fields of HTTP/1 connections, pseudo-fields that lie, paths that two
// readers take in two ways: 400, a reset or the end of the connection, and nothing is forwarded.
func TestRawRequestsOverHTTP2(t *testing.T) {
	tlsOn, trust := withTLS(t)
	k, up := newGate(t, nil, tlsOn)
	k.trust(trust)
	token := k.token()
	good := func() {
		t.Helper()
		c := dialH2(t, k.listen, trust)
		defer c.Close()
		c.frame(h2Headers, h2EndHeaders|h2EndStream, 1, h2request(token, "/gw/erp/GOOD"))
		if got := c.answer(1); got != "200" {
			t.Fatalf("a good request: %s", got)
		}
	}
	good()
	path := func(p string) []byte { return h2request(token, p) }
	with := func(pairs ...string) []byte { return h2request(token, "/gw/erp/a", pairs...) }
	for name, block := range map[string][]byte{
		"connection":             with("connection", "authorization"),
		"keep-alive":             with("keep-alive", "1"),
		"proxy-connection":       with("proxy-connection", "x"),
		"transfer-encoding":      with("transfer-encoding", "chunked"),
		"upgrade":                with("upgrade", "websocket"),
		"a name in upper case":   with("X-Upper", "y"),
		"a name with a space":    with("x y", "z"),
		"a name with a colon":    with("x:y", "z"),
		"LF in a value":          with("x", "y\nx-z: a"),
		"CRLF in a value":        with("x", "y\r\n\r\nGET /gw/erp/SMUGGLED HTTP/1.1\r\n"),
		"NUL in a value":         with("x", "y\x00"),
		"LF in a name":           with("x\n", "y"),
		"te":                     with("te", "gzip"),
		"two paths":              with(":path", "/gw/erp/b"),
		"a late pseudo-field":    with(":method", "POST"),
		"an unknown one":         fields(":method", "GET", ":scheme", "https", ":path", "/gw/erp/a", ":odd", "x", "authorization", "Bearer "+token),
		"no path":                fields(":method", "GET", ":scheme", "https", ":authority", "x", "authorization", "Bearer "+token),
		"an empty path":          path(""),
		"absolute-form":          path("https://x/gw/erp/a"),
		"another host":           path("//169.254.169.254/gw/erp/a"),
		"no slash":               path("gw/erp/a"),
		"a star":                 path("*"),
		"dots":                   path("/gw/erp/../../a"),
		"dots before":            path("/x/../gw/erp/a"),
		"%2e%2e":                 path("/gw/erp/%2e%2e/a"),
		"%252e":                  path("/gw/erp/%252e%252e/a"),
		"%2f":                    path("/gw/erp/a%2fb"),
		"//":                     path("/gw/erp//a"),
		"// before":              path("//gw/erp/a"),
		"a backslash":            path("/gw/erp/..\\a"),
		"an escaped gw":          path("/%67w/erp/a"),
		"CRLF in the path":       path("/gw/erp/a HTTP/1.1\r\nx: y"),
		"a space in the path":    path("/gw/erp/a b"),
		"a fragment":             path("/gw/erp/a#b"),
		"CONNECT":                fields(":method", "CONNECT", ":authority", "127.0.0.1:80", "authorization", "Bearer "+token),
		"a method that is none":  fields(":method", "GET /gw/erp/a HTTP/1.1\r\n", ":scheme", "https", ":authority", "x", ":path", "/gw/erp/a", "authorization", "Bearer "+token),
		"a length that lies":     with("content-length", "5"),
		"two lengths":            with("content-length", "0", "content-length", "5"),
		"an authority with user": fields(":method", "GET", ":scheme", "https", ":authority", "x/../y", ":path", "/gw/erp//a", "authorization", "Bearer "+token),
	} {
		c := dialH2(t, k.listen, trust)
		c.frame(h2Headers, h2EndHeaders|h2EndStream, 1, block)
		got := c.answer(1)
		_, n := up.seen()
		if got != "400" && got != "reset" && got != "closed" && (got != "404" || name != "another host" && name != "a star") {
			t.Errorf("%s: %s", name, got)
		}
		if n != 1 {
			t.Fatalf("%s: something was forwarded", name)
		}
		_ = c.Close()
	}
	// A body that is not as long as it says: what came of it ends with a reset, not with an answer.
	for _, body := range []string{"abc", "abcdefgh"} {
		c := dialH2(t, k.listen, trust)
		c.frame(h2Headers, h2EndHeaders, 1, fields(":method", "POST", ":scheme", "https", ":authority", "x", ":path", "/gw/erp/a",
			"authorization", "Bearer "+token, "content-length", "5"))
		c.frame(h2Data, h2EndStream, 1, []byte(body))
		if got := c.answer(1); got == "200" {
			t.Errorf("a body of %d bytes that says 5: %s", len(body), got)
		}
		_ = c.Close()
	}
	good() // it goes on
}
