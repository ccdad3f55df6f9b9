package call

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"ferry/auth/wire"
	"ferry/auth/wire/wiretest"
	"ferry/model"
)

var canaries = []string{canaryToken, canaryHeader, canaryShown, canaryOnce}

// stranger is another origin: whatever reaches it is searched for credentials.
func stranger(t *testing.T, say func(c *wiretest.Conn)) *wiretest.Raw {
	t.Helper()
	return wiretest.NewRaw(t, nil, func(c *wiretest.Conn) {
		dump := fmt.Sprint(c.Request.Method, c.Request.RequestURI, c.Request.Header, c.Body)
		wiretest.Leaks(t, "the request to another origin", dump, canaries...)
		for name := range c.Request.Header {
			if name != "Accept" && name != "Accept-Encoding" && name != "User-Agent" {
				t.Errorf("the header %s reached another origin", name)
			}
		}
		say(c)
	})
}

func fine(c *wiretest.Conn) { c.Say(200, "", "there") }

func get(t *testing.T, c model.Client, method string, body string) (model.Response, error) {
	t.Helper()
	return do(t, newCaller(t, wire.Limits{}), c, model.Request{Method: method, Path: "/start", Body: []byte(body), Headers: []model.Param{{Name: "X-Once", Value: canaryOnce}}})
}

// CASES: the API answers 302 to another host or port → neither Authorization nor custom
// headers follow.
func TestRedirectToAnotherOriginCarriesNoCredential(t *testing.T) {
	for _, status := range []int{301, 302, 303, 307, 308} {
		for _, method := range []string{"GET", "HEAD", "OPTIONS"} {
			t.Run(fmt.Sprint(status, " ", method), func(t *testing.T) {
				other := stranger(t, fine)
				url, got := serve(t, func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("Location", other.URL("/take"))
					w.WriteHeader(status)
				})
				resp, err := get(t, clientFor(url), method, "body-of-a-get")
				if err != nil || resp.Status != 200 || other.Count() != 1 || len(*got) != 1 {
					t.Errorf("status %d, %d requests there, %d here, %v", resp.Status, other.Count(), len(*got), err)
				}
				if (*got)[0].header.Get("Authorization") == "" {
					t.Error("the client's own origin got no credential")
				}
			})
		}
	}
}

func TestRedirectToAnotherNameOfTheSameHostIsAnotherOrigin(t *testing.T) {
	other := stranger(t, fine)
	url, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", "//"+strings.Replace(other.Host, "127.0.0.1", "localhost", 1)+"/x")
		w.WriteHeader(http.StatusFound)
	})
	if resp, err := get(t, clientFor(url), "GET", ""); err != nil || resp.Status != 200 || other.Count() != 1 {
		t.Errorf("%d, %v", resp.Status, err)
	}
}

// CASES: the API answers 302 down from https → neither Authorization nor custom headers.
func TestRedirectDownFromHTTPS(t *testing.T) {
	ca := wiretest.NewCA(t)
	other := stranger(t, fine)
	for to, code := range map[string]model.Code{other.URL("/x"): "", "http://api.example/x": model.EUpstream} {
		s := wiretest.NewRaw(t, &tls.Config{Certificates: []tls.Certificate{ca.Issue(t, nil)}}, func(c *wiretest.Conn) { c.Say(302, "Location: "+to+"\r\n", "") })
		c := clientFor("https://" + s.Host)
		c.TLS.CAPEM = ca.PEM
		resp, err := get(t, c, "GET", "")
		if model.CodeOf(err) != code {
			t.Errorf("%s: %v", to, err)
		}
		if code != "" && (resp.Status != 302 || !strings.Contains(resp.Exchange.Failure, "redirected to plain http on api.example")) {
			t.Errorf("%+v", resp)
		}
	}
	if other.Count() != 1 {
		t.Errorf("%d requests", other.Count())
	}
}

func TestRedirectBackFromAStrangerCarriesNoCredential(t *testing.T) {
	var home string
	other := stranger(t, func(c *wiretest.Conn) { c.Say(302, "Location: "+home+"/delete-everything\r\n", "") })
	url, got := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/start" {
			http.Redirect(w, r, other.URL("/"), http.StatusFound)
		}
	})
	home = url
	if _, err := get(t, clientFor(url), "GET", ""); err != nil || len(*got) != 2 {
		t.Fatalf("%d requests, %v", len(*got), err)
	}
	wiretest.Leaks(t, "the request that came back", (*got)[1], canaries...)
}

func TestRedirectOnTheSameOriginKeepsCredentials(t *testing.T) {
	url, got := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/api/start":
			time.Sleep(30 * time.Millisecond)
			w.Header().Set("Location", "../other/a%2Fb?x=1#frag")
			w.WriteHeader(http.StatusTemporaryRedirect)
		default:
			fmt.Fprint(w, "there")
		}
	})
	resp, err := get(t, clientFor(url+"/api"), "GET", "asked")
	if err != nil || string(resp.Body) != "there" || len(*got) != 2 {
		t.Fatalf("%d requests, %v", len(*got), err)
	}
	r := (*got)[1]
	if r.uri != "/other/a%2Fb?x=1" || r.body != "asked" || r.header.Get("Authorization") != "Bearer "+canaryToken || r.header.Get("X-Erp-Key") != canaryHeader || r.header.Get("X-Once") != canaryOnce {
		t.Errorf("%+v", r)
	}
	if x := resp.Exchange.Timing; x.Total < 30*time.Millisecond || x.Total < x.Wait+x.Body {
		t.Errorf("the total leaves the first hop out: %+v", x)
	}
	if resp.Exchange.URL != url+"/other/a%2Fb?x=1" {
		t.Errorf("recorded %s", resp.Exchange.URL)
	}
}

func TestUnsafeMethodsFollow303Only(t *testing.T) {
	for _, status := range []int{301, 302, 303, 307, 308} {
		for _, method := range []string{"POST", "PUT", "DELETE", "PATCH"} {
			url, got := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/start" {
					w.Header().Set("Location", "/result")
					w.WriteHeader(status)
				}
			})
			resp, err := get(t, clientFor(url), method, `{"a":1}`)
			if err != nil {
				t.Fatal(err)
			}
			if status != 303 {
				if resp.Status != status || len(*got) != 1 {
					t.Errorf("%s %d: status %d, %d requests", method, status, resp.Status, len(*got))
				}
				continue
			}
			if r := (*got)[1]; len(*got) != 2 || r.method != "GET" || r.body != "" || r.header.Get("Content-Type") != "" || r.header.Get("Authorization") == "" {
				t.Errorf("%s 303: %+v", method, *got)
			}
		}
	}
}

func TestRedirectLoopEnds(t *testing.T) {
	url, got := serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/start", http.StatusFound) })
	_, err := get(t, clientFor(url), "GET", "")
	if model.CodeOf(err) != model.EUpstream || !strings.Contains(err.Error(), "more than 10 times") || len(*got) != 11 {
		t.Errorf("%d requests, %v", len(*got), err)
	}
}

func TestRedirectsToNowhere(t *testing.T) {
	for location, says := range map[string]string{
		"":                         "",
		"javascript:alert(1)":      "no http or https URL",
		"file:///etc/passwd":       "no http or https URL",
		"http://[::1":              "no URL",
		"http://":                  "no http or https URL",
		"http://metadata.example/": "plain http on metadata.example",
	} {
		url, got := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", location)
			w.WriteHeader(http.StatusFound)
		})
		resp, err := get(t, clientFor(url), "GET", "")
		if resp.Status != 302 || len(*got) != 1 || (says == "") != (err == nil) || err != nil && (model.CodeOf(err) != model.EUpstream || !strings.Contains(err.Error(), says)) {
			t.Errorf("%q: status %d, %v", location, resp.Status, err)
		}
	}
}

func TestUserinfoInALocationIsDropped(t *testing.T) {
	other := stranger(t, fine)
	url, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", "http://user:userinfo-canary@"+other.Host+"/")
		w.WriteHeader(http.StatusFound)
	})
	resp, err := get(t, clientFor(url), "GET", "")
	if err != nil || resp.Status != 200 || strings.Contains(resp.Exchange.URL, "userinfo-canary") {
		t.Errorf("%v %s", err, resp.Exchange.URL)
	}
}
