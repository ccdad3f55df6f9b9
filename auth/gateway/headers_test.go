package gateway

import (
	"io"
	"net/http"
	"net/textproto"
	"slices"
	"strings"
	"testing"

	"ferry/model"
)

// TestWhatACallerSaysAboutItsWayIsTakenAway: CASES Gateway, "X-Forwarded-*, Forwarded,
// underscore twins of our headers → stripped".
func TestWhatACallerSaysAboutItsWayIsTakenAway(t *testing.T) {
	k := newKit(t)
	up := newUpstream(t, nil)
	k.client("erp", up.URL, func(c *model.Client) {
		c.Headers = []model.Header{{Name: "X-Api-Key", Value: model.NewSecret("the-k3y-of-erp"), Secret: true}}
	})
	bad := []string{
		"X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Anything", "Forwarded", "Via", "X-Real-IP", "True-Client-IP", "CF-Connecting-IP",
		"Cookie", "Proxy-Authorization", "Proxy-Connection", "Proxy-Foo", "Keep-Alive", "X-Request-Id", "X-Api-Key",
		"X_Forwarded_For", "x_forwarded-host", "X.Forwarded.For", "AUTHORIZATION_", "Forwarded~", "X_Real_IP", "X_Api_Key", "x.api.key", "X_Request_Id",
		"Transfer_Encoding", "Content_Length", "X-Original-URL", "X-Rewrite-Url", "HTTP2-Settings", "X-Hop", "X_Hop", "Proxy_Authorization",
	}
	bad = slices.DeleteFunc(bad, func(n string) bool { return n == "AUTHORIZATION_" || n == "Forwarded~" }) // twins of nothing
	a := k.ask("GET", "/gw/erp/x", nil, func(r *http.Request) {
		for _, name := range bad {
			r.Header[name] = []string{"made-up"}
		}
		r.Header["Connection"] = []string{"X-Hop, X-Api-Key", "Authorization"}
		r.Header["X-Kept"] = []string{"a", "b"}
		r.Header["X_Kept"] = []string{"c"}
		r.Header["X-Leak"] = []string{"my token is " + k.token}
		r.Header["User-Agent"] = []string{"robot/1"}
		r.Header["Accept-Language"] = []string{"de"}
	})
	if a.StatusCode != http.StatusOK {
		t.Fatalf("%d %s", a.StatusCode, a.body)
	}
	got := up.only(t).Header
	for name, values := range got {
		for _, v := range values {
			if strings.Contains(v, "made-up") || strings.Contains(v, k.token) {
				t.Errorf("%s: %q reached the upstream", name, v)
			}
		}
	}
	for name, want := range map[string][]string{
		"X-Kept": {"a", "b"}, "X_kept": {"c"}, "User-Agent": {"robot/1"}, "Accept-Language": {"de"}, "X-Api-Key": {"the-k3y-of-erp"},
		"Authorization": {"Bearer upstream-t0ken-1"}, "X-Request-Id": {a.Header.Get("X-Request-Id")},
	} {
		if !slices.Equal(got[name], want) {
			t.Errorf("%s: %q, want %q", name, got[name], want)
		}
	}
	if _, ok := got["Accept-Encoding"]; ok {
		t.Error("an encoding was asked for that the caller did not ask for")
	}
}

// TestTheUserAgentOfTheClientGoesBeforeTheCallers, and net/http's own is never sent.
func TestTheUserAgentOfTheClientGoesBeforeTheCallers(t *testing.T) {
	k := newKit(t)
	up := newUpstream(t, nil)
	c := k.client("erp", up.URL, func(c *model.Client) { c.Transport.UserAgent = "hub/7" })
	k.ask("GET", "/gw/erp", nil, func(r *http.Request) { r.Header.Set("User-Agent", "robot/1") })
	k.edit(c.ID, func(c *model.Client) { c.Transport.UserAgent = "" })
	eventually(t, "the edit is seen", func() bool {
		k.ask("GET", "/gw/erp", nil, func(r *http.Request) { r.Header["User-Agent"] = []string{""} })
		seen := up.requests()
		return seen[0].Header.Get("User-Agent") == "hub/7" && seen[len(seen)-1].Header["User-Agent"] == nil
	})
}

// TestATokenHasItsPlace: another header, a prefix, a query parameter; what the caller put
// there is taken away in every spelling.
func TestATokenHasItsPlace(t *testing.T) {
	k := newKit(t)
	up := newUpstream(t, nil)
	c := k.client("erp", up.URL, func(c *model.Client) { c.Auth.Place = model.Place{Header: "X-Auth-Token", Prefix: "T"} })
	k.ask("GET", "/gw/erp/a?b=1", nil, func(r *http.Request) { r.Header["X_auth_token"] = []string{"mine"} })
	r := up.only(t)
	if r.Header.Get("X-Auth-Token") != "T upstream-t0ken-1" || r.Header["X_auth_token"] != nil || r.Header["Authorization"] != nil {
		t.Errorf("%v", r.Header)
	}
	k.edit(c.ID, func(c *model.Client) { c.Auth.Place = model.Place{Query: "key"} })
	eventually(t, "the edit is seen", func() bool {
		k.ask("GET", "/gw/erp/a?b=1&key=mine&KEY=mine&c=2;k%65y=mine&d=%20", nil)
		seen := up.requests()
		last := seen[len(seen)-1]
		if last.Header.Get("X-Auth-Token") != "" {
			return false
		}
		if !strings.HasPrefix(last.RequestURI, "/a?b=1&d=%20&key=upstream-t0ken-") || last.Header["Authorization"] != nil {
			t.Errorf("%s %v", last.RequestURI, last.Header)
		}
		return true
	})
}

// TestWhatAnUpstreamSaysToItsOwnCallersIsKept: issue 6, "responses lose Set-Cookie and upstream
// auth headers unless allowed".
func TestWhatAnUpstreamSaysToItsOwnCallersIsKept(t *testing.T) {
	k := newKit(t)
	up := newUpstream(t, func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		for _, name := range []string{
			"Set-Cookie", "Set-Cookie2", "WWW-Authenticate", "Proxy-Authenticate", "Authentication-Info", "Strict-Transport-Security", "Alt-Svc",
			"Access-Control-Allow-Origin", "Access-Control-Allow-Credentials", "Clear-Site-Data", "X-Accel-Redirect", "X-Sendfile", "X-Hop", "Keep-Alive",
			"Proxy-Connection", "Set_Cookie", "Www_Authenticate", "X-Request-Id",
		} {
			h[textproto.CanonicalMIMEHeaderKey(name)] = []string{"upstream"}
		}
		h["Connection"] = []string{"X-Hop"}
		h["X-Echo"] = []string{"you sent " + r.Header.Get("Authorization")}
		h["Server-Timing"], h["X-Kept"] = []string{"db;dur=1"}, []string{"1", "2"}
		_, _ = io.WriteString(w, "ok")
	})
	c := k.client("erp", up.URL, nil)
	seen := func() (names []string) {
		a := k.ask("GET", "/gw/erp/", nil)
		for name, values := range a.Header {
			if slices.Contains(values, "upstream") || strings.Contains(strings.Join(values, " "), "t0ken") {
				names = append(names, name)
			}
		}
		slices.Sort(names)
		if a.Header.Get("Server-Timing") != "db;dur=1" || len(a.Header["X-Kept"]) != 2 || a.body != "ok" || len(a.Header["X-Request-Id"]) != 1 {
			t.Errorf("%v %q", a.Header, a.body)
		}
		return names
	}
	if got := seen(); len(got) != 0 {
		t.Errorf("%q reached the caller", got)
	}
	k.edit(c.ID, func(c *model.Client) { c.Gateway.Cookies, c.Gateway.Realm = true, true })
	want := []string{"Authentication-Info", "Set-Cookie", "Set-Cookie2", "Set_cookie", "Www-Authenticate", "Www_authenticate"}
	eventually(t, "what is allowed reaches the caller", func() bool { return slices.Equal(seen(), want) })
}

// TestAMethodInAHeaderDoesNotPassARuleAboutMethods: the rules see the request's own.
func TestAMethodInAHeaderDoesNotPassARuleAboutMethods(t *testing.T) {
	k := newKit(t)
	up := newUpstream(t, nil)
	k.client("erp", up.URL, nil)
	override := func(r *http.Request) {
		r.Header["X-Http-Method-Override"] = []string{"DELETE"}
		r.Header["X_http_method"] = []string{"DELETE"}
	}
	k.ask("POST", "/gw/erp/", nil, override)
	k.ruleOf(model.GatewayRule{Methods: []string{"POST"}})
	k.ask("POST", "/gw/erp/", nil, override)
	seen := up.requests()
	if len(seen) != 2 || seen[0].Header.Get("X-Http-Method-Override") != "DELETE" || seen[1].Header["X-Http-Method-Override"] != nil || seen[1].Header["X_http_method"] != nil {
		t.Errorf("%d requests", len(seen))
	}
}

// TestTwins: every spelling of a name that some server reads as the name.
func TestTwins(t *testing.T) {
	for name, want := range map[string]string{
		"X-Forwarded-For": "X-Forwarded-For", "X_forwarded_for": "X-Forwarded-For", "x.forwarded!for": "X-Forwarded-For",
		"Plain": "Plain", "A_b": "A-B", "X1_y2": "X1-Y2",
	} {
		if got := plain(name); got != want {
			t.Errorf("%s: %s", name, got)
		}
	}
}
