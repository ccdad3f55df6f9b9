package gateway

import (
	"net/http"
	"strings"
	"testing"

	"ferry/model"
)

// TestLocation: issue 6, "redirects are not followed, Location is rewritten when it points into
// the same upstream".
func TestLocation(t *testing.T) {
	k := newKit(t)
	var name, to string
	up := newUpstream(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set(name, to)
		w.WriteHeader(http.StatusFound)
	})
	c := k.client("erp", up.URL+"/api/v1/", nil)
	gw := k.server.URL + "/gw/erp"
	same, host := up.URL, strings.TrimPrefix(up.URL, "http://")
	for _, c := range []struct{ to, want string }{
		{same + "/api/v1/orders/7", gw + "/orders/7"},
		{same + "/api/v1/orders/7?a=1&b=%2F#top", gw + "/orders/7?a=1&b=%2F#top"},
		{same + "/api/v1", gw},
		{same + "/api/v1/a%2Fb", gw + "/a%2Fb"},
		{"HTTP://" + host + "/api/v1/x", gw + "/x"},
		{"http://user:pw@" + host + "/api/v1/x", gw + "/x"},
		{"//" + host + "/api/v1/x", gw + "/x"},
		{"/api/v1/x", gw + "/x"},
		{"sibling?y=1", gw + "/orders/sibling?y=1"},
		{"../up", gw + "/up"},
		{"?page=2", gw + "/orders/1?page=2"},
		{"/api/v10/x", "/api/v10/x"},
		{"/other", "/other"},
		{"../../../out", "../../../out"},
		{same + "/elsewhere", same + "/elsewhere"},
		{"https://" + host + "/api/v1/x", "https://" + host + "/api/v1/x"},
		{"https://login.example.com/?next=" + same, "https://login.example.com/?next=" + same},
		{"http://[bad", "http://[bad"},
		{"mailto:x@example.com", "mailto:x@example.com"},
	} {
		for _, name = range []string{"Location", "Content-Location"} {
			if to = c.to; name == "Location" && strings.Contains(to, "[") {
				continue // the client of this test does not take it
			}
			if a := k.ask("GET", "/gw/erp/orders/1", nil); a.Header.Get(name) != c.want || a.StatusCode != 302 {
				t.Errorf("%s %q: %d %q, want %q", name, c.to, a.StatusCode, a.Header.Get(name), c.want)
			}
		}
		name, to = "Refresh", `5; URL="`+c.to+`"`
		if a := k.ask("GET", "/gw/erp/orders/1", nil); a.Header.Get(name) != "5; url="+c.want {
			t.Errorf("Refresh %q: %q", c.to, a.Header.Get(name))
		}
	}
	for _, raw := range []string{"5", "5; x", "0;url", ""} {
		if to = raw; k.ask("GET", "/gw/erp/orders/1", nil).Header.Get("Refresh") != raw {
			t.Errorf("Refresh %q was changed", raw)
		}
	}
	name, to = "Location", same+"/api/v1/x"
	if got := k.ask("GET", "/spaces/default/gw/ERP/y", nil).Header.Get(name); got != k.server.URL+"/spaces/default/gw/ERP/x" {
		t.Error(got)
	}
	k.edit(c.ID, func(c *model.Client) { c.Auth.Place = model.Place{Query: "key"} })
	to = "/api/v1/x/?a=1&key=upstream-t0ken-1"
	eventually(t, "the token is taken out of a Location", func() bool {
		return k.ask("GET", "/gw/erp/x?a=1", nil).Header.Get(name) == gw+"/x/?a=1"
	})
	to = "https://login.example.com/?from=upstream-t0ken-1"
	if a := k.ask("GET", "/gw/erp/x", nil); strings.Contains(a.Header.Get(name), "t0ken") {
		t.Errorf("%v", a.Header)
	}
}

// TestOwnsAndLocate: which paths are the gateway's, and what they name.
func TestOwnsAndLocate(t *testing.T) {
	for path, want := range map[string]location{
		"/gw/erp":                   {"default", "erp", "/gw/erp", ""},
		"/gw/erp/":                  {"default", "erp", "/gw/erp", "/"},
		"/gw/erp/a/b%2Fc":           {"default", "erp", "/gw/erp", "/a/b%2Fc"},
		"/gw/":                      {"default", "", "/gw/", ""},
		"/gw//x":                    {"default", "", "/gw/", "/x"},
		"/gw/e%72p/x":               {"default", "erp", "/gw/e%72p", "/x"},
		"/gw/e%zz/x":                {"default", "", "/gw/e%zz", "/x"},
		"/spaces/eu/gw/erp/x":       {"eu", "erp", "/spaces/eu/gw/erp", "/x"},
		"/spaces/eu/gw/":            {"eu", "", "/spaces/eu/gw/", ""},
		"/spaces/a/gw/spaces/b/gw/": {"a", "spaces", "/spaces/a/gw/spaces", "/b/gw/"},
	} {
		if !Owns(path) {
			t.Errorf("%s is not the gateway's", path)
		}
		if got := locate(path); got != want {
			t.Errorf("%s: %+v", path, got)
		}
	}
	for _, path := range []string{"", "/", "/gw", "/gwx/", "/GW/x", "/spaces/eu/gw", "/spaces/gw/x", "/spaces/", "/spaces/a/b/gw/x", "/restApi/gw/", "//gw/x", "/%67w/x"} {
		if Owns(path) {
			t.Errorf("%s is the gateway's", path)
		}
		locate(path)
	}
}

// A source that pages by Link is paged through the gateway.
func TestLink(t *testing.T) {
	k := newKit(t)
	var link string
	up := newUpstream(t, func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Link", link) })
	k.client("erp", up.URL+"/api", nil)
	gw := k.server.URL + "/gw/erp"
	for _, c := range []struct{ link, want string }{
		{`<` + up.URL + `/api/p?page=2>; rel="next", </api/p?page=9>; rel=last`, `<` + gw + `/p?page=2>; rel="next", <` + gw + `/p?page=9>; rel=last`},
		{`</api/p>; title="a \"<` + up.URL + `/api/x>\" b"; rel=next`, `<` + gw + `/p>; title="a \"<` + up.URL + `/api/x>\" b"; rel=next`},
		{`<https://other.example.com/x>; rel=next`, `<https://other.example.com/x>; rel=next`},
		{`<` + up.URL + `/elsewhere>; rel=next`, `<` + up.URL + `/elsewhere>; rel=next`},
		{`<cut off`, `<cut off`},
		{`<>; rel=self`, `<` + gw + `/orders>; rel=self`},
		{`none; rel="x`, `none; rel="x`},
	} {
		link = c.link
		if got := k.ask("GET", "/gw/erp/orders", nil).Header.Get("Link"); got != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.link, got, c.want)
		}
	}
}
