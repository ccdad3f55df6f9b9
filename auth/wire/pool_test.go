package wire

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"ferry/auth/wire/wiretest"
	"ferry/model"
)

func TestConnectionsAreReusedAndTimed(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "ok") }))
	defer srv.Close()
	p := NewPool(Limits{})
	defer p.Close()
	c := testClient(srv.URL)
	for i, reused := range []bool{false, true, true} {
		_, rec, err := getFrom(t, context.Background(), p, c, srv.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		got := rec.Timing()
		if got.Reused != reused || (got.Connect > 0) == reused || got.Total <= 0 || got.Wait <= 0 || got.TLS != 0 {
			t.Errorf("request %d: %+v", i+1, got)
		}
	}
}

func TestProxyOfTheEnvironmentButNeverForLoopback(t *testing.T) {
	c := testClient("http://api.example")
	before := proxied.Load()
	a, _, err := get(t, Limits{}, c, "http://api.example/x", nil)
	if err != nil || string(a.Body) != "proxied http://api.example/x" || proxied.Load() != before+1 {
		t.Errorf("%q %v", a.Body, err)
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "direct") }))
	defer srv.Close()
	for _, host := range []string{"127.0.0.1", "localhost"} {
		url := strings.Replace(srv.URL, "127.0.0.1", host, 1)
		a, _, err := get(t, Limits{}, testClient(url), url, nil)
		if err != nil || string(a.Body) != "direct" {
			t.Errorf("%s: %q %v", host, a.Body, err)
		}
	}
	if proxied.Load() != before+1 {
		t.Error("a request to loopback went to the proxy")
	}
}

func TestPlainHTTPBeyondLoopbackIsRefused(t *testing.T) {
	for raw, ok := range map[string]bool{
		"http://api.example/": false, "http://10.0.0.1/": false, "http://127.0.0.1:8080/x": true, "http://[::1]/": true, "http://localhost/": true,
		"https://api.example/": true, "ftp://x/": false, "//x/": false, "https://": false, "https://u:p@x/": false, "http://127.0.0.1.example/": false,
		"http://localhost.example/": false, "\x00": false, "https://:443/": false,
	} {
		if _, err := CheckURL(testClient(""), raw, "token_url"); (err == nil) != ok {
			t.Errorf("%q: %v", raw, err)
		} else if err != nil && (model.CodeOf(err) != model.EInvalid || model.AsError(err).Field != "token_url") {
			t.Errorf("%q: %s", raw, wiretest.Dump(err))
		}
	}
	c := testClient("")
	c.AllowHTTP = true
	if _, err := CheckURL(c, "http://api.example/", "x"); err != nil {
		t.Error(err)
	}
	_, err := CheckURL(c, "https://user:"+canary+"@h h/", "x")
	wiretest.Leaks(t, "error", err, canary)
}

func TestFirstByteGrowsWithTheClientsTimeout(t *testing.T) {
	for timeout, want := range map[time.Duration]time.Duration{0: 15 * time.Second, 5 * time.Second: 15 * time.Second, 2 * time.Minute: time.Minute} {
		if got := (Limits{}).filled().of(&model.Client{Timeout: timeout}).FirstByte; got != want {
			t.Errorf("timeout %s: first byte %s, want %s", timeout, got, want)
		}
	}
}

func TestClientsOwnTimeLimits(t *testing.T) {
	got := (Limits{}).filled().of(&model.Client{Timeout: 2 * time.Minute, Transport: model.Transport{Connect: 20 * time.Second, FirstByte: 3 * time.Second}})
	if want := (Limits{Dial: 20 * time.Second, TLS: 20 * time.Second, FirstByte: 3 * time.Second}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}
