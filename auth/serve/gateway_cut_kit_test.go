package serve

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"ferry/model"
	"ferry/model/apiusers"
	"ferry/model/clients"
	"ferry/model/gateway"
	"ferry/model/keys"
)

// ticking is an upstream that says a line each 20 ms for as long as somebody listens, reads
// what it is sent, and switches protocols when it is asked to.
func ticking(w io.Writer, r *http.Request) bool {
	head := "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
	line := "6\r\ntick \n\r\n"
	switch {
	case strings.HasSuffix(r.URL.Path, "/silent"):
		line = ""
	case strings.HasSuffix(r.URL.Path, "/long"):
		head, line = "HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n", "tick \n"
	case r.Header.Get("Upgrade") != "":
		head, line = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: tick\r\n\r\n", "tick \n"
	case r.Method == http.MethodPut:
		_, err := io.Copy(io.Discard, r.Body)
		head, line = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", ""
		if err != nil {
			return false
		}
	}
	if _, err := io.WriteString(w, head); err != nil || r.Method == http.MethodPut {
		return err == nil
	}
	for {
		if _, err := io.WriteString(w, line); err != nil {
			return false
		}
		if line == "" {
			_, err := w.(io.Reader).Read(make([]byte, 1)) // until the other side has enough
			return err == nil
		}
		time.Sleep(20 * time.Millisecond) // its pace
	}
}

// newTicking is a server before such an upstream, with a second user that may call it.
func newTicking(t *testing.T, edit func(*Options)) (k *kit, other keys.Issued) {
	t.Helper()
	k = newKit(t)
	up := newRecorder(t, ticking)
	k.reach("erp", up.url(), func(d *clients.Draft) { d.Gateway.Upgrades = true })
	u, err := k.desk.Users.Create(k.ctx(), k.desk.Space, apiusers.Draft{
		Username: "other", OAuth: true, TTL: 5 * time.Minute, Permissions: []string{"call:erp"},
	}, "")
	must(t, err)
	other = k.newKey(u)
	return k.start(edit), other
}

// live is a stream under way: it reads what comes until that ends.
type live struct {
	came  chan struct{} // something did
	ended chan error    // how it ended: nil is a clean end
	by    func()        // lets go
}

func listenTo(r io.Reader, by func()) *live {
	l := &live{came: make(chan struct{}, 1), ended: make(chan error, 1), by: by}
	go func() {
		in := make([]byte, 64)
		for {
			n, err := r.Read(in)
			if n > 0 {
				select {
				case l.came <- struct{}{}:
				default:
				}
			}
			if err == io.EOF {
				err = nil
			}
			if err != nil || n == 0 {
				l.ended <- err
				return
			}
		}
	}()
	return l
}

// goesOn fails unless something comes.
func (l *live) goesOn(t *testing.T) {
	t.Helper()
	for range 2 { // the first may have come before
		select {
		case <-l.came:
		case err := <-l.ended:
			t.Fatalf("it ended: %v", err)
		case <-time.After(5 * time.Second):
			t.Fatal("nothing comes")
		}
	}
}

// get opens a stream that is read with the kit's client.
func (k *kit) get(path, token string) *live {
	k.t.Helper()
	req, err := http.NewRequest(http.MethodGet, k.URL()+"/gw/erp"+path, http.NoBody)
	must(k.t, err)
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := (&http.Client{Transport: k.http.Transport}).Do(req)
	must(k.t, err)
	if resp.StatusCode != http.StatusOK {
		k.t.Fatalf("%d", resp.StatusCode)
	}
	return listenTo(resp.Body, func() { _ = resp.Body.Close() })
}

// upgrade switches protocols.
func (k *kit) upgrade(token string) *live {
	k.t.Helper()
	c, err := net.Dial("tcp", k.listen)
	must(k.t, err)
	_, err = io.WriteString(c, "GET /gw/erp/socket HTTP/1.1\r\nHost: x\r\n"+bearer(token)+"Connection: upgrade\r\nUpgrade: tick\r\n\r\n")
	must(k.t, err)
	in := bufio.NewReader(c)
	resp, err := http.ReadResponse(in, nil)
	must(k.t, err)
	_ = resp.Body.Close() // there is none
	if resp.StatusCode != http.StatusSwitchingProtocols {
		k.t.Fatalf("%d", resp.StatusCode)
	}
	return listenTo(in, func() { _ = c.Close() })
}

// upload sends a body that never ends; it ends with an error, or the answer's status in one.
func (k *kit) upload(token string) *live {
	k.t.Helper()
	body, feed := io.Pipe()
	req, err := http.NewRequest(http.MethodPut, k.URL()+"/gw/erp/file", body)
	must(k.t, err)
	req.Header.Set("Authorization", "Bearer "+token)
	l := &live{came: make(chan struct{}), ended: make(chan error, 1), by: func() { _ = feed.CloseWithError(io.ErrClosedPipe) }}
	go func() {
		for {
			if _, err := io.WriteString(feed, "a line of the body\n"); err != nil {
				return
			}
			select {
			case l.came <- struct{}{}:
			case <-time.After(10 * time.Millisecond):
			}
		}
	}()
	go func() {
		resp, err := (&http.Client{Transport: k.http.Transport}).Do(req)
		if err == nil {
			text, _ := io.ReadAll(resp.Body)
			_ = resp.Body.Close()
			err = fmt.Errorf("%d %s", resp.StatusCode, text)
		}
		_ = feed.CloseWithError(io.ErrClosedPipe)
		l.ended <- err
	}()
	return l
}

// takings are the ways to take from the kit's user what it needs.
func (k *kit) takings() map[string]func(token string) {
	erp := func() model.Client {
		c, err := k.desk.Clients.ByName(k.ctx(), k.desk.Space, "erp")
		must(k.t, err)
		return c
	}
	user := func(edit func(*apiusers.Draft)) {
		d, err := k.desk.Users.DraftOf(k.ctx(), k.desk.Space, k.user)
		must(k.t, err)
		edit(&d)
		_, err = k.desk.Users.Update(k.ctx(), k.desk.Space, k.user.ID, d, "")
		must(k.t, err)
	}
	return map[string]func(token string){
		"user disabled": func(string) {
			_, err := k.desk.Users.SetState(k.ctx(), k.desk.Space, k.user.ID, model.Disabled, "")
			must(k.t, err)
		},
		"user deleted": func(string) {
			must(k.t, k.desk.Users.Delete(k.ctx(), k.desk.Space, k.user.ID, 0, k.user.Username))
		},
		"permission taken": func(string) { user(func(d *apiusers.Draft) { d.Permissions = nil }) },
		"network changed": func(string) {
			user(func(d *apiusers.Draft) { d.Networks = []string{"192.0.2.0/24"} })
		},
		"rule narrowed": func(string) {
			_, err := k.desk.Gateway.Set(k.ctx(), k.desk.Space, gateway.RuleDraft{User: k.user.Username, Client: "erp", Paths: []string{"/elsewhere"}}, "")
			must(k.t, err)
		},
		"key revoked": func(string) {
			_, err := k.desk.Keys.Revoke(k.ctx(), k.desk.Space, k.key.Key.ID, 0, "")
			must(k.t, err)
		},
		"token revoked": func(token string) {
			form := url.Values{"token": {token}, "client_id": {k.key.Username}, "client_secret": {k.key.Text.Reveal()}}
			if a := k.do(http.MethodPost, "/oauth2/revoke", form.Encode(), formType); a.StatusCode != http.StatusOK {
				k.t.Errorf("revoking: %d %s", a.StatusCode, a.body)
			}
		},
		"client disabled": func(string) {
			_, err := k.desk.Clients.SetState(k.ctx(), k.desk.Space, erp().ID, model.Disabled, "")
			must(k.t, err)
		},
		"client deleted": func(string) {
			must(k.t, k.desk.Clients.Delete(k.ctx(), k.desk.Space, erp().ID, "erp"))
		},
	}
}
