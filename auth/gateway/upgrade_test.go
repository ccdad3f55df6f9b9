package gateway

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"

	"ferry/model"
)

// TestUpgradesPassWhereTheClientAllowsThem: issue 6, "upgrades off unless the client allows them".
func TestUpgradesPassWhereTheClientAllowsThem(t *testing.T) {
	k := newKit(t)
	up := newUpstream(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Upgrade") != "websocket" {
			_, _ = io.WriteString(w, "plain "+r.Header.Get("Connection"))
			return
		}
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSet-Cookie: s=1\r\nSec-Websocket-Accept: yes\r\n\r\n")
		_, _ = io.Copy(conn, conn)
	})
	c := k.client("erp", up.URL, nil)
	shake := func(protocol string) (net.Conn, *http.Response) {
		conn, err := net.Dial("tcp", k.server.Listener.Addr().String())
		k.check(err)
		_, _ = fmt.Fprintf(conn, "GET /gw/erp/ws HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nConnection: keep-alive, Upgrade\r\nUpgrade: %s\r\n\r\n", k.token, protocol)
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		k.check(err)
		return conn, resp
	}
	refused := func(protocol string) {
		t.Helper()
		conn, resp := shake(protocol)
		defer conn.Close()
		defer resp.Body.Close()
		b := make([]byte, 6)
		_, _ = io.ReadFull(resp.Body, b)
		if resp.StatusCode != 200 || string(b) != "plain " {
			t.Errorf("%s: %d %q", protocol, resp.StatusCode, b)
		}
	}
	refused("websocket")
	k.edit(c.ID, func(c *model.Client) { c.Gateway.Upgrades = true })
	var conn net.Conn
	eventually(t, "an upgrade passes", func() bool {
		var resp *http.Response
		conn, resp = shake("websocket")
		_ = resp.Body.Close() // there is none
		if resp.StatusCode != 101 {
			_ = conn.Close()
			return false
		}
		if resp.Header.Get("Set-Cookie") != "" || resp.Header.Get("Sec-Websocket-Accept") != "yes" || resp.Header.Get("X-Request-Id") == "" {
			t.Errorf("%v", resp.Header)
		}
		return true
	})
	_, _ = io.WriteString(conn, "hello")
	b := make([]byte, 5)
	if _, err := io.ReadFull(conn, b); err != nil || string(b) != "hello" {
		t.Errorf("%q %v", b, err)
	}
	_ = conn.Close()
	for _, p := range []string{"h2c", "websocket, h2c", "HTTP/2.0", "TLS/1.0"} {
		refused(p)
	}
}
