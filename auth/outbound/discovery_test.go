package outbound

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"ferry/auth/wire"
	"ferry/auth/wire/wiretest"
	"ferry/model"
)

// issuer serves documents by path; %s in one is the server's URL.
func issuer(t *testing.T, docs map[string]string) (url string, asked *[]string) {
	t.Helper()
	asked = &[]string{}
	var srv *httptest.Server
	srv = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*asked = append(*asked, r.URL.EscapedPath())
		if r.Header.Get("Authorization") != "" || r.ContentLength > 0 {
			t.Error("a credential or a body was sent")
		}
		doc, ok := docs[r.URL.EscapedPath()]
		if !ok {
			http.NotFound(w, r)
			return
		}
		if to, ok := strings.CutPrefix(doc, "redirect "); ok {
			http.Redirect(w, r, to, http.StatusFound)
			return
		}
		fmt.Fprint(w, strings.ReplaceAll(doc, "%s", srv.URL))
	}))
	t.Cleanup(srv.Close)
	return srv.URL, asked
}

func discover(t *testing.T, issuer string) (model.Metadata, error) {
	t.Helper()
	c := clientFor("")
	c.Auth.Issuer = issuer
	m, err := newSource(t, wire.Limits{}).Discover(t.Context(), c)
	if err != nil {
		wiretest.Leaks(t, "error", err, canarySecret)
		wiretest.Controls(t, "message", err.Error())
	}
	return m, err
}

const (
	rfc8414 = "/.well-known/oauth-authorization-server"
	openID  = "/.well-known/openid-configuration"
)

func TestDiscovery(t *testing.T) {
	doc := `{"issuer":"%s/realms/a%2Fb","token_endpoint":"%s/token","revocation_endpoint":"%s/revoke","jwks_uri":"%s/keys","token_endpoint_auth_methods_supported":["client_secret_post"],"scopes_supported":["a"]}`
	for name, tc := range map[string]struct {
		docs  map[string]string
		asked []string
	}{
		"RFC 8414":             {map[string]string{rfc8414 + "/realms/a%2Fb": doc}, []string{rfc8414 + "/realms/a%2Fb"}},
		"OpenID":               {map[string]string{"/realms/a%2Fb" + openID: doc}, []string{rfc8414 + "/realms/a%2Fb", "/realms/a%2Fb" + openID}},
		"HTML at RFC 8414":     {map[string]string{rfc8414 + "/realms/a%2Fb": "<html>", "/realms/a%2Fb" + openID: doc}, []string{rfc8414 + "/realms/a%2Fb", "/realms/a%2Fb" + openID}},
		"redirect at RFC 8414": {map[string]string{rfc8414 + "/realms/a%2Fb": "redirect /elsewhere", "/realms/a%2Fb" + openID: doc}, []string{rfc8414 + "/realms/a%2Fb", "/realms/a%2Fb" + openID}},
	} {
		t.Run(name, func(t *testing.T) {
			url, asked := issuer(t, tc.docs)
			got, err := discover(t, url+"/realms/a%2Fb")
			if err != nil {
				t.Fatal(wiretest.Dump(err))
			}
			want := model.Metadata{
				Issuer: url + "/realms/a%2Fb", TokenURL: url + "/token", RevocationURL: url + "/revoke", JWKSURL: url + "/keys",
				AuthMethods: []string{"client_secret_post"}, Scopes: []string{"a"},
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("got %+v, want %+v", got, want)
			}
			if !reflect.DeepEqual(*asked, tc.asked) {
				t.Errorf("asked %v, want %v", *asked, tc.asked)
			}
		})
	}
}

func TestDiscoveryOfAnIssuerWithoutPath(t *testing.T) {
	url, asked := issuer(t, map[string]string{openID: `{"issuer":"%s","token_endpoint":"%s/t"}`})
	m, err := discover(t, url)
	if err != nil || m.TokenURL != url+"/t" || m.AuthMethods != nil || !reflect.DeepEqual(*asked, []string{rfc8414, openID}) {
		t.Errorf("%+v %v %v", m, *asked, err)
	}
}

func TestDiscoveryIsRefused(t *testing.T) {
	for name, tc := range map[string]struct {
		doc   string
		code  model.Code
		field string
		says  string
	}{
		"another issuer":       {`{"issuer":"https://evil.example","token_endpoint":"%s/t"}`, model.EInvalid, "issuer", `is of the issuer "https://evil.example"`},
		"a slash more":         {`{"issuer":"%s/","token_endpoint":"%s/t"}`, model.EInvalid, "issuer", "is of the issuer"},
		"plain http elsewhere": {`{"issuer":"%s","token_endpoint":"http://auth.example/t"}`, model.EInvalid, "issuer", "plain http to auth.example"},
		"user name in it":      {`{"issuer":"%s","token_endpoint":"https://u:p@auth.example/t"}`, model.EInvalid, "issuer", "user name"},
		"no token endpoint":    {`{"issuer":"%s"}`, model.EUpstream, "", "names no token endpoint"},
		"no issuer":            {`{"token_endpoint":"%s/t"}`, model.EUpstream, "", "answered 200 with something that is no metadata"},
		"ESC in the issuer":    {`{"issuer":"a\u001b[2J","token_endpoint":"%s/t"}`, model.EInvalid, "issuer", "a<U+001B>[2J"},
		"not there":            {"", model.EUpstream, "", "answered 404 instead of its metadata"},
		"5 MiB":                {strings.Repeat(" ", 5<<20), model.EUpstream, "", "longer than 1024 KiB"},
	} {
		t.Run(name, func(t *testing.T) {
			docs := map[string]string{}
			if tc.doc != "" {
				docs[rfc8414] = tc.doc
			}
			url, _ := issuer(t, docs)
			_, err := discover(t, url)
			e := model.AsError(err)
			if e == nil || e.Code != tc.code || e.Field != tc.field || !strings.Contains(e.Message, tc.says) {
				t.Error(wiretest.Dump(err))
			}
		})
	}
}

func TestDiscoveryTellsWhatIsOffered(t *testing.T) {
	url, _ := issuer(t, map[string]string{rfc8414: `{"issuer":"%s","token_endpoint":"%s/t","device_authorization_endpoint":"%s/d","introspection_endpoint":"%s/i",
		"grant_types_supported":["client_credentials","x\u001b"],"token_endpoint_auth_methods_supported":[],"token_endpoint_auth_signing_alg_values_supported":["ES256"],
		"scopes_supported":"not a list","jwks_uri":17,"mtls_endpoint_aliases":{"token_endpoint":"%s/mtls/t","introspection_endpoint":"%s/mtls/i"}}`})
	want := model.Metadata{
		Issuer: url, TokenURL: url + "/t", DeviceURL: url + "/d", Introspection: url + "/i",
		GrantTypes: []string{"client_credentials", "x<U+001B>"}, AuthMethods: []string{}, Algorithms: []string{"ES256"},
	}
	got, err := discover(t, url)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v, %v", got, want, err)
	}
	// RFC 8705 §5: who shows a certificate goes where one is asked for.
	c := clientFor("")
	c.Auth.Issuer, c.Auth.Send = url, model.SendTLS
	got, err = newSource(t, wire.Limits{}).Discover(t.Context(), c)
	want.TokenURL, want.Introspection = url+"/mtls/t", url+"/mtls/i"
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v, %v", got, want, err)
	}
}

func TestDiscoveryKeepsNoEndlessList(t *testing.T) {
	url, _ := issuer(t, map[string]string{rfc8414: `{"issuer":"%s","token_endpoint":"%s/t","scopes_supported":["` + strings.Repeat(`a","`, 50_000) + strings.Repeat("b", 5000) + `"]}`})
	m, err := discover(t, url)
	if err != nil || len(m.Scopes) != maxListed {
		t.Errorf("%d scopes, %v", len(m.Scopes), err)
	}
}

func TestDiscoveryLeavesOutWhatMustNotBeUsed(t *testing.T) {
	url, _ := issuer(t, map[string]string{rfc8414: `{"issuer":"%s","token_endpoint":"%s/t","revocation_endpoint":"http://a.example/","jwks_uri":"file:///etc/passwd","device_authorization_endpoint":"//x","introspection_endpoint":"https://u:p@a.example/"}`})
	m, err := discover(t, url)
	if err != nil || m.RevocationURL != "" || m.JWKSURL != "" || m.DeviceURL != "" || m.Introspection != "" {
		t.Errorf("%+v %v", m, err)
	}
}

func TestIssuersThatAreNone(t *testing.T) {
	for _, raw := range []string{"", "auth.example", "http://auth.example", "https://auth.example/?a=b", "https://auth.example/#f", "https://u:" + canarySecret + "@auth.example"} {
		if _, err := discover(t, raw); model.CodeOf(err) != model.EInvalid || model.AsError(err).Field != "issuer" {
			t.Errorf("%q: %v", raw, err)
		}
	}
}

func TestUnreachableIssuerIsAskedOnce(t *testing.T) {
	s := wiretest.NewRaw(t, nil, func(c *wiretest.Conn) { c.Reset() })
	_, err := discover(t, s.URL(""))
	if model.CodeOf(err) != model.EUnreachable || !strings.Contains(err.Error(), `the issuer of "analytics" (`+s.Host) {
		t.Error(wiretest.Dump(err))
	}
	// net/http itself asks once more after a reset only on a connection that was reused.
	once(t, s)
}
