package authority

import (
	"encoding/json"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ferry/model"
	"ferry/model/apiusers"
)

// look introspects a token.
func (s *served) look(path, token string, headers ...string) (got map[string]any, w *httptest.ResponseRecorder) {
	s.t.Helper()
	w = s.post(path, url.Values{"token": {token}}, headers...)
	if w.Header().Get("Cache-Control") != "no-store" {
		s.t.Errorf("Cache-Control %q", w.Header().Get("Cache-Control"))
	}
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		s.t.Fatalf("%v in %s", err, w.Body)
	}
	return got, w
}

// active is what an introspection says of a token.
func active(got map[string]any) bool { is, _ := got["active"].(bool); return is }

// TestIntrospection covers the issue's "a user may introspect its own tokens, others' only
// with tokens:introspect" (RFC 7662).
func TestIntrospection(t *testing.T) {
	s := serve(t, model.ES256)
	lab := s.NewSpace(t, "lab")
	robot, seer := s.user(s.Space, "robot", "clients:view", "keys:view"), s.user(s.Space, "seer", "tokens:introspect", "clients:view")
	far := s.user(lab, "far", "tokens:introspect")
	token, labToken := s.token(robot), s.token(far)
	weak := s.token(seer, "scope", "clients:view") // without tokens:introspect
	at := float64(s.Clock.Now().Unix())
	full := map[string]any{
		"active": true, "scope": "clients:view keys:view", "client_id": "robot", "username": "robot", "token_type": "Bearer",
		"exp": at + 300, "iat": at, "sub": "robot", "aud": origin, "iss": origin, "space": "default",
	}
	none := map[string]any{"active": false}
	const bearer = "Authorization: Bearer "
	for name, c := range map[string]struct {
		path, token, auth string
		want              map[string]any
	}{
		"its own":                              {introspectPath, token, robot.basic(), full},
		"its own, with itself":                 {introspectPath, token, bearer + token, full},
		"in the space's path":                  {"/spaces/default" + introspectPath, token, robot.basic(), full},
		"another's with the permission":        {introspectPath, token, seer.basic(), full},
		"another's with a token that has it":   {introspectPath, token, bearer + s.token(seer), full},
		"another's with a token that lacks it": {introspectPath, token, bearer + weak, none},
		"another's without the permission":     {introspectPath, s.token(seer), robot.basic(), none},
		"of another space":                     {introspectPath, labToken, seer.basic(), none},
		"from another space":                   {"/spaces/lab" + introspectPath, token, far.basic(), none},
		"unknown":                              {introspectPath, "nonsense", seer.basic(), none},
		"signature of another":                 {introspectPath, token[:len(token)-8] + "AAAAAAAA", seer.basic(), none},
	} {
		got, w := s.look(c.path, c.token, c.auth)
		delete(got, "jti")
		if diff := cmp.Diff(c.want, got); diff != "" || w.Code != 200 {
			t.Errorf("%s: %d %s", name, w.Code, diff)
		}
	}
	in := url.Values{"token": {token}, "token_type_hint": {"refresh_token"}, "client_id": {"robot"}, "client_secret": {robot.text}}
	if w := s.post(introspectPath, in); w.Code != 200 || !strings.Contains(w.Body.String(), `"active":true`) {
		t.Errorf("credentials in the form: %d %s", w.Code, w.Body)
	}

	for name, c := range map[string]struct {
		path   string
		pairs  url.Values
		auth   string
		status int
		code   string
	}{
		"no authentication":             {introspectPath, url.Values{"token": {token}}, "", 401, "invalid_client"},
		"wrong secret":                  {introspectPath, url.Values{"token": {token}}, basic("robot", "x"), 401, "invalid_client"},
		"no token":                      {introspectPath, nil, robot.basic(), 400, "invalid_request"},
		"bearer and a secret":           {introspectPath, url.Values{"token": {token}, "client_secret": {"x"}}, bearer + token, 400, "invalid_request"},
		"bad bearer":                    {introspectPath, url.Values{"token": {token}}, bearer + "nonsense", 401, "invalid_token"},
		"bearer of another space":       {introspectPath, url.Values{"token": {token}}, bearer + labToken, 401, "invalid_token"},
		"client of another space":       {introspectPath, url.Values{"token": {token}}, far.basic(), 401, "invalid_client"},
		"bearer for another audience":   {introspectPath, url.Values{"token": {token}}, bearer + s.token(seer, "audience", "erp"), 401, "invalid_token"},
		"space that is not there":       {"/spaces/x" + introspectPath, url.Values{"token": {token}}, robot.basic(), 404, "invalid_request"},
		"token in the URI and the form": {introspectPath + "?token=x", url.Values{"token": {token}}, robot.basic(), 400, "invalid_request"},
	} {
		w := s.post(c.path, c.pairs, map[bool][]string{true: {c.auth}, false: nil}[c.auth != ""]...)
		if w.Code != c.status || !strings.Contains(w.Body.String(), c.code) || w.Header().Get("Cache-Control") != "no-store" || s.entry.Reason == "" {
			t.Errorf("%s: %d %s, reason %q; want %d %s", name, w.Code, w.Body, s.entry.Reason, c.status, c.code)
		}
		if w.Code == 401 && w.Header().Get("WWW-Authenticate") == "" {
			t.Errorf("%s: a 401 without a challenge", name)
		}
	}
}

// TestIntrospectionTellsTheEffectiveState: what the user may do now, and whether it may
// at all.
func TestIntrospectionTellsTheEffectiveState(t *testing.T) {
	s := serve(t, model.ES256)
	robot, seer := s.user(s.Space, "robot", "clients:view", "keys:view"), s.user(s.Space, "seer", "tokens:introspect")
	token, other := s.token(robot), s.token(robot, "audience", "erp")
	look := func(token string) map[string]any { got, _ := s.look(introspectPath, token, seer.basic()); return got }
	if got := look(other); !active(got) || got["aud"] != "erp" {
		t.Errorf("a token for another system: %v", got)
	}
	s.change(robot, func(d *apiusers.Draft) {
		d.Permissions, d.Networks = []string{"keys:view", "spaces:view"}, []string{"10.0.0.0/8"}
	})
	if got := look(token); !active(got) || got["scope"] != "keys:view" { // from where its bearer comes is not known here
		t.Errorf("with fewer permissions: %v", got)
	}
	s.must(s.Users.SetState(s.Ctx, s.Space, robot.user.ID, model.Disabled, ""))
	s.load()
	if got := look(token); active(got) || len(got) != 1 {
		t.Errorf("of a disabled user: %v", got)
	}
	s.must(s.Users.SetState(s.Ctx, s.Space, robot.user.ID, model.Active, ""))
	s.must(s.Keys.Revoke(s.Ctx, s.Space, robot.key.ID, 0, ""))
	s.load()
	if got := look(token); active(got) {
		t.Errorf("of a revoked key: %v", got)
	}
	mine := s.token(seer)
	s.Clock.Pass(seer.user.TTL)
	if got := look(mine); active(got) { // whoever asks may keep the answer until exp, so no skew is granted
		t.Errorf("at its end: %v", got)
	}
	s.accepted(mine, true)
}
