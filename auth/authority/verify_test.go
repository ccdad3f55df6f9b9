package authority

import (
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"ferry/model"
	"ferry/model/apiusers"
)

// TestWhereATokenMayStand covers RFC 6750 §2 and §3.1: in one Authorization header and
// nowhere else.
func TestWhereATokenMayStand(t *testing.T) {
	s := serve(t, model.ES256)
	u := s.user(s.Space, "robot", "clients:view")
	token := s.token(u)
	for name, c := range map[string]struct {
		method, target, body string
		headers              []string
		status               int
		code                 string
	}{
		"header":               {headers: []string{"Authorization: Bearer " + token}},
		"scheme in lower case": {headers: []string{"Authorization: bearer " + token}},
		"two spaces":           {headers: []string{"Authorization: Bearer  " + token}},
		"other query":          {target: "/x?a=1", headers: []string{"Authorization: Bearer " + token}},
		"none":                 {status: 401},
		"another scheme":       {headers: []string{u.basic()}, status: 401},
		"no token":             {headers: []string{"Authorization: Bearer"}, status: 401},
		"empty token":          {headers: []string{"Authorization: Bearer  "}, status: 401},
		"query":                {target: "/x?access_token=" + token, status: 400, code: "invalid_request"},
		"query and header":     {target: "/x?access_token=" + token, headers: []string{"Authorization: Bearer " + token}, status: 400, code: "invalid_request"},
		"two headers":          {headers: []string{"Authorization: Bearer " + token, "Authorization: Bearer " + token}, status: 400, code: "invalid_request"},
		"form":                 {method: "POST", body: "access_token=" + token, status: 401},
		"two tokens":           {headers: []string{"Authorization: Bearer " + token + ", " + token}, status: 401, code: "invalid_token"},
		"a name before":        {headers: []string{"Authorization: Bearer token=" + token}, status: 401, code: "invalid_token"},
		"8 KiB":                {headers: []string{"Authorization: Bearer " + strings.Repeat("a", MaxToken+1)}, status: 401, code: "invalid_token"},
	} {
		t.Run(name, func(t *testing.T) {
			if c.target == "" {
				c.target = "/x"
			}
			a, fault := s.hub.Verify(request(map[bool]string{true: "GET", false: c.method}[c.method == ""], c.target, c.body, c.headers...))
			switch {
			case c.status == 0 && (fault != nil || a.User.Username != "robot"):
				t.Errorf("%+v %v", a, fault)
			case c.status != 0 && (fault == nil || fault.Status != c.status || fault.Code != c.code || a.User != nil):
				t.Errorf("%+v %v, want %d %q", a, fault, c.status, c.code)
			}
		})
	}
}

func TestChallenges(t *testing.T) {
	for want, e := range map[string]*BearerError{
		`Bearer realm="ferry"`: errNoBearer,
		`Bearer realm="ferry", error="insufficient_scope", error_description="the access token does not permit this", scope="clients:edit"`: Insufficient("clients:edit"),
		`Bearer realm="hr", error="invalid_token", error_description="x y"`:                                                                 {Status: 401, Code: "invalid_token", Description: "x\"\\\r\n y", Realm: "hr"},
	} {
		w := httptest.NewRecorder()
		e.Write(w)
		var body struct {
			Status int
			Code   string
			Detail string
		}
		if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
			t.Fatal(err)
		}
		if got := w.Header().Get("WWW-Authenticate"); got != want || w.Code != e.Status || body.Status != e.Status || body.Code == "" || body.Detail == "" {
			t.Errorf("%d %s\nwant %s\n%s", w.Code, got, want, w.Body)
		}
		if w.Header().Get("Cache-Control") != "no-store" || e.Error() == "" {
			t.Errorf("%v", w.Header())
		}
	}
	if Insufficient("x").Status != 403 {
		t.Error("insufficient_scope is not 403")
	}
}

// TestEffectivePermissions: the scopes of the token ∩ the permissions of the user now.
func TestEffectivePermissions(t *testing.T) {
	s := serve(t, model.ES256)
	u := s.user(s.Space, "robot", "clients:view", "clients:edit", "keys:view")
	token := s.token(u, "scope", "clients:view clients:edit")
	want := func(scopes ...string) {
		t.Helper()
		a, fault := s.verify(token)
		if fault != nil {
			t.Fatal(fault)
		}
		if !sameSet(a.Scopes, scopes) || len(a.Permits) != len(scopes) {
			t.Errorf("scopes %v, permits %v, want %v", a.Scopes, a.Permits, scopes)
		}
		for _, p := range scopes {
			if !a.Permits.Has(model.Permission(p)) {
				t.Errorf("%s is not permitted", p)
			}
		}
		if a.Key != u.key.ID || a.ID == "" || !a.Expires.Equal(s.Clock.Now().Add(5*time.Minute)) || s.entry.Client != "robot" || s.entry.Space != "default" {
			t.Errorf("%+v, entry %+v", a, s.entry)
		}
	}
	want("clients:view", "clients:edit")
	s.change(u, func(d *apiusers.Draft) { d.Permissions = []string{"clients:view", "spaces:view"} })
	want("clients:view")
	s.change(u, func(d *apiusers.Draft) { d.Permissions = nil })
	want()
}

// TestWhoeverMayAskNoMoreMayUseNoMore covers CASES "revoked key, token, user, or disabled →
// refused": at the first request on a newer directory.
func TestWhoeverMayAskNoMoreMayUseNoMore(t *testing.T) {
	for reason, change := range map[string]func(*served, account){
		"user_disabled": func(s *served, u account) {
			s.must(s.Users.SetState(s.Ctx, s.Space, u.user.ID, model.Disabled, ""))
		},
		"user_expired": func(s *served, u account) {
			s.change(u, func(d *apiusers.Draft) { d.Expires = s.Clock.Now().Add(time.Second) })
			s.Clock.Pass(time.Second)
		},
		"oauth2_off":     func(s *served, u account) { s.change(u, func(d *apiusers.Draft) { d.OAuth = false }) },
		"key_revoked":    func(s *served, u account) { s.must(s.Keys.Revoke(s.Ctx, s.Space, u.key.ID, 0, "")) },
		"unknown_client": func(s *served, u account) { s.must(nil, s.Users.Delete(s.Ctx, s.Space, u.user.ID, 0, "robot")) },
		"network": func(s *served, u account) {
			s.change(u, func(d *apiusers.Draft) { d.Networks = []string{"10.0.0.0/8"} })
		},
	} {
		t.Run(reason, func(t *testing.T) {
			s := serve(t, model.ES256)
			u := s.user(s.Space, "robot", "clients:view")
			token := s.token(u)
			s.accepted(token, true)
			change(s, u)
			s.load()
			_, fault := s.verify(token)
			status, code := 401, "invalid_token"
			if reason == "network" {
				status, code = 403, ""
			}
			if fault == nil || fault.Status != status || fault.Code != code {
				t.Errorf("%+v", fault)
			}
			s.reason(reason)
		})
	}
}
