package serve

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"ferry/auth/wire/wiretest"
	"ferry/model"
	"ferry/model/apiusers"
	"ferry/model/clients"
	"ferry/model/gateway"
)

// recorder is an upstream on a bare socket: it keeps every byte that it is sent.
type recorder struct {
	t        testing.TB
	l        net.Listener
	answer   func(w io.Writer, r *http.Request) bool // false: the connection ends; nil: 200 {}
	mu       sync.Mutex
	got      bytes.Buffer
	requests int
	open     int
	most     int
	wg       sync.WaitGroup
}

func newRecorder(t testing.TB, answer func(io.Writer, *http.Request) bool) *recorder {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	r := &recorder{t: t, l: l, answer: answer}
	if r.answer == nil {
		r.answer = func(w io.Writer, req *http.Request) bool {
			_, _ = io.Copy(io.Discard, req.Body)
			_, err := io.WriteString(w, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")
			return err == nil
		}
	}
	r.wg.Go(r.accept)
	t.Cleanup(func() { _ = l.Close(); r.wg.Wait() })
	return r
}

func (r *recorder) accept() {
	for {
		c, err := r.l.Accept()
		if err != nil {
			return
		}
		stop := make(chan struct{})
		r.wg.Go(func() {
			defer close(stop)
			r.one(c)
		})
		r.wg.Go(func() { // its server is closed after it, in the order of clean-ups
			<-stop
			_ = c.Close()
		})
	}
}

func (r *recorder) one(c net.Conn) {
	in := bufio.NewReader(io.TeeReader(c, recording{r}))
	for {
		req, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		r.count(1)
		ok := r.answer(c, req)
		r.count(-1)
		if !ok {
			return
		}
	}
}

func (r *recorder) count(n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.open += n; n > 0 {
		r.requests++
		r.most = max(r.most, r.open)
	}
}

type recording struct{ r *recorder }

func (w recording) Write(p []byte) (int, error) {
	w.r.mu.Lock()
	defer w.r.mu.Unlock()
	if w.r.got.Len() < 1<<20 {
		w.r.got.Write(p)
	}
	return len(p), nil
}

func (r *recorder) url() string { return "http://" + r.l.Addr().String() }

// seen is what came so far and in how many requests.
func (r *recorder) seen() (text string, requests int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.got.String(), r.requests
}

// reach makes an API client and a user that may call it, before the server starts.
func (k *kit) reach(name, baseURL string, edit func(*clients.Draft)) {
	k.t.Helper()
	d := clients.Draft{
		Name: name, BaseURL: baseURL,
		Headers: []clients.HeaderDraft{{Name: "X-Api-Key", Value: clients.Set("UPSTREAM-SECRET"), Secret: true}},
	}
	if edit != nil {
		edit(&d)
	}
	if _, err := k.desk.Clients.Create(k.ctx(), k.desk.Space, d, ""); err != nil {
		k.t.Fatal(err)
	}
	u, err := k.desk.Users.Create(k.ctx(), k.desk.Space, apiusers.Draft{
		Username: "caller-of-" + name, OAuth: true, TTL: 5 * time.Minute, Permissions: []string{"call:" + name},
	}, "")
	must(k.t, err)
	k.user, k.key = u, k.newKey(u)
}

// allow raises the limit on bodies for the kit's user.
func (k *kit) allow(client string, body int64) {
	k.t.Helper()
	_, err := k.desk.Gateway.Set(k.ctx(), k.desk.Space, gateway.RuleDraft{User: k.user.Username, Client: client, MaxBody: body}, "")
	must(k.t, err)
}

// newGate is a server with the client "erp" behind it, whose upstream is a recorder; k.key is
// that of a user that may call it.
func newGate(t testing.TB, answer func(io.Writer, *http.Request) bool, edit func(*Options)) (*kit, *recorder) {
	t.Helper()
	k, up := newKit(t), newRecorder(t, answer)
	k.reach("erp", up.url()+"/api", nil)
	return k.start(edit), up
}

// withTLS gives a server a certificate and returns a configuration that trusts it.
func withTLS(t testing.TB) (edit func(*Options), trust *tls.Config) {
	t.Helper()
	ca := wiretest.NewCA(t)
	pair := ca.Issue(t, nil)
	certFile, keyFile := writePair(t, t.TempDir(), &pair, &pair)
	return func(o *Options) { o.Config.TLSCert, o.Config.TLSKey = certFile, keyFile },
		&tls.Config{RootCAs: ca.Pool(), ServerName: "127.0.0.1"}
}

// say opens a connection, sends a text at once and returns all that is answered.
func say(t testing.TB, dial func() (net.Conn, error), text string) string {
	t.Helper()
	c, err := dial()
	must(t, err)
	defer c.Close()
	go func() { _, _ = io.WriteString(c, text) }() // it may be cut
	must(t, c.SetReadDeadline(time.Now().Add(5*time.Second)))
	out, err := io.ReadAll(c)
	if ne, ok := err.(net.Error); ok && ne.Timeout() { //nolint:errorlint // as net returns it
		t.Errorf("neither answered to the end nor closed: %q", text)
	}
	return string(out)
}

// statuses are those of the answers in a text.
func statuses(text string) []string {
	var out []string
	for _, after := range strings.Split(text, "HTTP/1.1 ")[1:] {
		out = append(out, after[:min(3, len(after))])
	}
	return out
}

func bearer(token string) string { return "Authorization: Bearer " + token + "\r\n" }

func problemCode(a *answer) string {
	_, rest, _ := strings.Cut(a.body, `"code":"`)
	code, _, _ := strings.Cut(rest, `"`)
	return code
}

func trafficOf(st *model.ServerStatus, client string) model.ClientTraffic {
	for _, c := range st.Gateway {
		if c.Client == client {
			return c
		}
	}
	return model.ClientTraffic{}
}

// trust lets the kit's client speak TLS with its server.
func (k *kit) trust(c *tls.Config) {
	t := &http.Transport{TLSClientConfig: c.Clone(), ForceAttemptHTTP2: true, MaxIdleConnsPerHost: 100}
	k.t.Cleanup(t.CloseIdleConnections)
	k.http.Transport = t
}
