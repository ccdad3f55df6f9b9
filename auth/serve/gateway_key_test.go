package serve

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// An API key itself passes the gateway of a served hub when its user allows it, and only
// then; the hub's own API takes none. It never reaches the upstream.
func TestGatewayTakesAnAPIKeyWhereTheUserAllowsIt(t *testing.T) {
	k, up := newGate(t, func(w io.Writer, _ *http.Request) bool {
		_, err := io.WriteString(w, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
		return err == nil
	}, nil)
	key := "Authorization: Bearer " + k.key.Text.Reveal()
	if a := k.do("GET", "/gw/erp/x", "", key); a.StatusCode != http.StatusUnauthorized {
		t.Errorf("a key that its user may not present: %d %s", a.StatusCode, a.body)
	}
	d, err := k.desk.Users.DraftOf(k.ctx(), k.desk.Space, k.user)
	must(t, err)
	d.BearerKeys = true
	_, err = k.desk.Users.Update(k.ctx(), k.desk.Space, k.user.ID, d, "")
	must(t, err)
	must(t, k.pic.refresh(k.ctx())) // asking again and again would be guessing, which is limited
	if a := k.do("GET", "/gw/erp/x", "", key); a.StatusCode != http.StatusOK {
		t.Errorf("the key: %d %s", a.StatusCode, a.body)
	}
	if a := k.do("GET", "/restApi/clients", "", key); a.StatusCode != http.StatusUnauthorized {
		t.Errorf("the hub API takes a key: %d %s", a.StatusCode, a.body)
	}
	if text, requests := up.seen(); requests == 0 || strings.Contains(text, k.key.Text.Reveal()) || !strings.Contains(text, "UPSTREAM-SECRET") {
		t.Errorf("%d requests reached the upstream:\n%s", requests, text)
	}
}
