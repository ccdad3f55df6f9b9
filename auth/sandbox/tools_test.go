package sandbox

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"ferry/model"
)

func TestEchoShowsTheRequestAndMasksCredentials(t *testing.T) {
	b := start(t)
	form := url.Values{"client_secret": {"canary-1"}, "password": {"canary-2"}, "grant_type": {"x"}}
	a := b.do("PUT", "/echo?a=1&a=2&api_key=canary-3", form.Encode(),
		"Content-Type: application/x-www-form-urlencoded", "Authorization: Bearer canary-4", "Cookie: sid=canary-5", "X-API-Key: canary-6",
		"X-My-Secret: canary-7", "X-Refresh-Token: canary-8", "Proxy-Authorization: Basic canary-9", "X-Plain: shown").want(t, 200)
	if strings.Contains(string(a.body), "canary") {
		t.Errorf("a credential is shown: %s", a.body)
	}
	var got echoed
	a.decode(t, &got)
	if got.Method != http.MethodPut || got.Path != "/echo" || strings.Join(got.Query["a"], " ") != "1 2" || got.Host == "" ||
		got.Headers["X-Plain"][0] != "shown" || got.Headers["Authorization"][0] != "Bearer "+model.Mask ||
		got.Headers["Cookie"][0] != model.Mask || got.Form["grant_type"][0] != "x" || got.Form["password"][0] != model.Mask || got.Body != "" {
		t.Errorf("%s", a.body)
	}
	b.do("POST", "/echo", `{"ä":1}`, "Content-Type: application/json").want(t, 200).decode(t, &got)
	if got.Body != `{"ä":1}` || got.Encoding != "text" || got.Size != 8 {
		t.Errorf("%+v", got)
	}
	b.do("POST", "/echo", "\xff\x00").want(t, 200).decode(t, &got)
	if got.Body != "/wA=" || got.Encoding != "base64" {
		t.Errorf("%+v", got)
	}
	b.do("POST", "/echo", strings.Repeat("x", maxEcho+1)).want(t, 413)
	b.do("POST", "/echo", "%zz", "Content-Type: application/x-www-form-urlencoded").want(t, 400)
	b.do("GET", "/echo", "", "Authorization: canary").want(t, 200).decode(t, &got)
	if got.Headers["Authorization"][0] != model.Mask {
		t.Errorf("%v", got.Headers)
	}
}

func TestStatus(t *testing.T) {
	b := start(t)
	for code, want := range map[string]int{
		"200": 200, "204": 204, "304": 304, "404": 404, "503": 503, "599": 599, "199": 400, "600": 400, "x": 400, "100": 400,
	} {
		b.do("GET", "/status/"+code, "").want(t, want)
	}
	b.do("POST", "/status/503", "x").want(t, 503)
	if got := b.do("GET", "/status/401", "").want(t, 401).Header.Get("WWW-Authenticate"); got != `Bearer error="invalid_token"` {
		t.Errorf("challenge %q", got)
	}
}

func TestRedirect(t *testing.T) {
	b := start(t)
	for query, want := range map[string]int{
		"to=/echo": 302, "to=http://127.0.0.1:1/x?a=1": 302, "to=/echo&code=307": 307, "to=/echo&code=308": 308,
		"": 400, "to=": 400, "to=javascript:alert(1)": 400, "to=/echo&code=200": 400, "to=%0d%0aX:1": 400,
	} {
		a := b.do("GET", "/redirect?"+query, "").want(t, want)
		if to, _ := url.ParseQuery(query); want < 400 && a.Header.Get("Location") != to.Get("to") {
			t.Errorf("%s: Location %q", query, a.Header.Get("Location"))
		}
	}
}

func TestSlow(t *testing.T) {
	b := start(t)
	began := time.Now()
	b.do("GET", "/slow?ms=60", "").want(t, 200)
	if took := time.Since(began); took < 60*time.Millisecond {
		t.Errorf("answered after %s", took)
	}
	for _, ms := range []string{"", "x", "-1", "1e3", "99999999999999999999"} {
		b.do("GET", "/slow?ms="+ms, "").want(t, 400)
	}
}

func TestSlowEndsWhenTheClientLeaves(t *testing.T) {
	began, ended := make(chan struct{}), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(began)
		defer close(ended)
		slow(w, r)
	}))
	defer server.Close()
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		<-began
		cancel()
	}()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+"/slow?ms=999999999", nil)
	if err != nil {
		t.Fatal(err)
	}
	if resp, err := server.Client().Do(req); err == nil {
		_ = resp.Body.Close()
		t.Fatal("an answer came")
	}
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		t.Error("the handler still waits")
	}
}

func TestCloseEndsSlowAnswers(t *testing.T) {
	b := start(t)
	ended := make(chan error, 1)
	go func() {
		resp, err := b.http.Get(b.URL() + "/slow?ms=60000")
		if err == nil {
			_ = resp.Body.Close()
		}
		ended <- err
	}()
	for deadline := time.Now().Add(5 * time.Second); b.Stats().Calls["/slow"] == 0; {
		if time.Now().After(deadline) {
			t.Fatal("the request never arrived")
		}
		time.Sleep(time.Millisecond)
	}
	began := time.Now()
	if err := b.Close(); err != nil || time.Since(began) > 10*time.Second {
		t.Errorf("Close: %v after %s", err, time.Since(began))
	}
	if err := <-ended; err == nil {
		t.Error("a slow answer came although the server was closed")
	}
}
