package authority

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"ferry/model"
)

func decodeBody(t testing.TB, w *httptest.ResponseRecorder, v any) {
	t.Helper()
	if err := json.Unmarshal(w.Body.Bytes(), v); err != nil {
		t.Fatalf("%v in %s", err, w.Body)
	}
}

// TestMetadata covers RFC 8414 §3: where it is found, what it says, and that every
// endpoint in it answers.
func TestMetadata(t *testing.T) {
	s := serve(t, model.ES256)
	s.NewSpace(t, "lab")
	s.load()
	for path, issuer := range map[string]string{
		"/.well-known/oauth-authorization-server":                origin,
		"/.well-known/openid-configuration":                      origin,
		"/.well-known/oauth-authorization-server/spaces/default": origin,
		"/.well-known/oauth-authorization-server/spaces/lab":     origin + "/spaces/lab",
		"/spaces/lab/.well-known/openid-configuration":           origin + "/spaces/lab",
		"/spaces/LAB/.well-known/openid-configuration":           origin + "/spaces/lab",
	} {
		w := s.do(request("GET", path, ""))
		var doc map[string]any
		decodeBody(t, w, &doc)
		if w.Code != 200 || doc["issuer"] != issuer || w.Header().Get("Cache-Control") != "public, max-age=300" || w.Header().Get("Content-Type") != "application/json" {
			t.Errorf("%s: %d %v %s", path, w.Code, w.Header(), w.Body)
		}
		if types, ok := doc["response_types_supported"].([]any); !ok || len(types) != 0 {
			t.Errorf("response_types_supported %v", doc["response_types_supported"])
		}
		if got := fmt.Sprint(doc["grant_types_supported"], doc["token_endpoint_auth_methods_supported"]); got != "[client_credentials] [client_secret_basic client_secret_post]" {
			t.Error(got)
		}
		if n := len(doc["scopes_supported"].([]any)); n != len(model.Permissions()) {
			t.Errorf("%d scopes", n)
		}
		for name, want := range map[string]int{"token_endpoint": 401, "introspection_endpoint": 401, "revocation_endpoint": 401, "jwks_uri": 200} {
			url, _ := doc[name].(string)
			local, ok := strings.CutPrefix(url, origin)
			method := map[bool]string{true: "GET", false: "POST"}[name == "jwks_uri"]
			if w := s.do(request(method, local, "grant_type=client_credentials&token=x")); !ok || w.Code != want {
				t.Errorf("%s %s: %d, want %d", name, url, w.Code, want)
			}
		}
	}
	for _, c := range []struct {
		method, path string
		status       int
		allow        string
	}{
		{"HEAD", jwksPath, 200, ""},
		{"OPTIONS", jwksPath, 204, "GET, HEAD, OPTIONS"},
		{"POST", jwksPath, 405, "GET, HEAD, OPTIONS"},
		{"OPTIONS", introspectPath, 204, "POST, OPTIONS"},
		{"GET", revokePath, 405, "POST, OPTIONS"},
		{"GET", "/spaces/nowhere" + jwksPath, 404, ""},
		{"GET", "/.well-known/oauth-authorization-server/spaces/nowhere", 404, ""},
	} {
		w := s.do(request(c.method, c.path, ""))
		if w.Code != c.status || w.Header().Get("Allow") != c.allow || w.Code == 404 && w.Header().Get("Content-Type") != "application/json;charset=UTF-8" {
			t.Errorf("%s %s: %d %v", c.method, c.path, w.Code, w.Header())
		}
	}
}

// TestSpaceThatIsBeingDeletedIsGone: its endpoints answer as those of a space that never was.
func TestSpaceThatIsBeingDeletedIsGone(t *testing.T) {
	s := serve(t, model.ES256)
	lab := s.NewSpace(t, "lab")
	u := s.user(lab, "robot", "clients:view")
	token := s.token(u)
	lab.Deleting = true
	s.must(nil, s.Store.Update(s.Ctx, func(tx model.Tx) error { return tx.Spaces().Put(lab) }))
	s.load()
	gone, never := s.do(request("POST", "/spaces/lab"+tokenPath, u.in())), s.do(request("POST", "/spaces/never"+tokenPath, u.in()))
	if gone.Code != 404 || gone.Body.String() != never.Body.String() {
		t.Errorf("%d %s\n%d %s", gone.Code, gone.Body, never.Code, never.Body)
	}
	s.accepted(token, false)
}
