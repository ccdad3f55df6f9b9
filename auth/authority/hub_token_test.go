package authority

import (
	"encoding/json"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/google/go-cmp/cmp"

	"ferry/model"
	"ferry/model/apiusers"
	"ferry/model/serving"
	"ferry/model/spaces"
)

// jose verifies a token with nothing but the JWKS that path serves, as a partner would.
func (s *served) jose(path, token string) (claims map[string]any, header jose.Header) {
	s.t.Helper()
	var set jose.JSONWebKeySet
	if err := json.Unmarshal(s.do(request("GET", path, "")).Body.Bytes(), &set); err != nil {
		s.t.Fatal(err)
	}
	for _, k := range set.Keys {
		if !k.IsPublic() || k.Use != "sig" || !k.Valid() {
			s.t.Errorf("JWK %+v", k)
		}
	}
	parsed, err := jwt.ParseSigned(token, []jose.SignatureAlgorithm{jose.ES256, jose.EdDSA, jose.RS256})
	if err != nil {
		s.t.Fatal(err)
	}
	if err := parsed.Claims(set, &claims); err != nil {
		s.t.Fatalf("the signature: %v", err)
	}
	return claims, parsed.Headers[0]
}

// TestTokenIsJWT covers RFC 9068 §2: each algorithm, verified by go-jose from our JWKS only.
func TestTokenIsJWT(t *testing.T) {
	for _, a := range []model.Algorithm{model.ES256, model.EdDSA, model.RS256} {
		t.Run(string(a), func(t *testing.T) {
			s := serve(t, a)
			u := s.user(s.NewSpace(t, "lab"), "robot@lab", "clients:view", "audit:view")
			got := s.ask("/spaces/lab"+tokenPath, u.in())
			if got.Type != "Bearer" || got.Expires != 300 || got.Scope != "audit:view clients:view" {
				t.Errorf("answer %+v", got)
			}
			claims, header := s.jose("/spaces/lab"+jwksPath, got.Token)
			if header.Algorithm != string(a) || header.KeyID != string(s.dir.Load().Signing[0].ID) || header.ExtraHeaders["typ"] != "at+jwt" {
				t.Errorf("header %+v", header)
			}
			jti, _ := claims["jti"].(string)
			at := float64(s.Clock.Now().Unix())
			want := map[string]any{
				"iss": origin + "/spaces/lab", "sub": "robot@lab", "aud": origin + "/spaces/lab", "client_id": "robot@lab",
				"iat": at, "exp": at + 300, "jti": jti, "scope": "audit:view clients:view", "space": "lab", "key": string(u.key.ID),
			}
			if diff := cmp.Diff(want, claims); diff != "" || len(jti) < 22 {
				t.Errorf("claims (-want +got)\n%s", diff)
			}
			s.accepted(got.Token, true)
			use := serving.Use{Space: u.space.ID, Key: u.key.ID, At: s.Clock.Now(), Addr: "192.0.2.1", Tokens: 1}
			if diff := cmp.Diff([]serving.Use{use}, s.uses); diff != "" {
				t.Errorf("uses\n%s", diff)
			}
		})
	}
}

// TestHubTokenEndpoint covers CASES "Token endpoint: no or two authentication methods, id
// mismatch, unknown grant or scope, repeated parameter, GET, JSON body → RFC 6749 errors,
// no-store" on the hub's own authority (send checks no-store).
func TestHubTokenEndpoint(t *testing.T) {
	s := serve(t, model.ES256)
	u := s.user(s.Space, "robot", "clients:view", "keys:view")
	for name, c := range map[string]struct {
		method, path, body string
		headers            []string
		status             int
		code, scope        string
	}{
		"form":                       {body: u.in(), status: 200, scope: "clients:view keys:view"},
		"basic":                      {body: grant, headers: []string{u.basic()}, status: 200, scope: "clients:view keys:view"},
		"one scope":                  {body: u.in("scope", "keys:view"), status: 200, scope: "keys:view"},
		"resource twice":             {body: u.in("resource", "https://a.example", "resource", "https://b.example"), status: 200, scope: "clients:view keys:view"},
		"no authentication":          {body: grant, status: 401, code: "invalid_client"},
		"two authentication methods": {body: u.in(), headers: []string{u.basic()}, status: 400, code: "invalid_request"},
		"id mismatch":                {body: grant + "&client_id=other", headers: []string{u.basic()}, status: 400, code: "invalid_request"},
		"unknown grant":              {body: strings.Replace(u.in(), grant, "grant_type=implicit", 1), status: 400, code: "unsupported_grant_type"},
		"password grant":             {body: strings.Replace(u.in("username", "a", "password", "b"), grant, "grant_type=password", 1), status: 400, code: "unsupported_grant_type"},
		"refresh grant":              {body: strings.Replace(u.in(), grant, "grant_type=refresh_token", 1), status: 400, code: "unsupported_grant_type"},
		"unknown scope":              {body: u.in("scope", "root"), status: 400, code: "invalid_scope"},
		"scope it lacks":             {body: u.in("scope", "clients:view clients:edit"), status: 400, code: "invalid_scope"},
		"repeated parameter":         {body: u.in("scope", "keys:view", "scope", "keys:view"), status: 400, code: "invalid_request"},
		"repeated audience":          {body: u.in("audience", "a", "audience", "b"), status: 400, code: "invalid_request"},
		"GET":                        {method: "GET", status: 405, code: "invalid_request"},
		"GET with query":             {method: "GET", path: tokenPath + "?" + u.in(), status: 405, code: "invalid_request"},
		"POST with query":            {path: tokenPath + "?client_secret=x", body: u.in(), status: 400, code: "invalid_request"},
		"HEAD":                       {method: "HEAD", status: 405, code: "invalid_request"},
		"JSON body":                  {body: `{"grant_type":"client_credentials"}`, headers: []string{"Content-Type: application/json"}, status: 400, code: "invalid_request"},
		"relative resource":          {body: u.in("resource", "/api"), status: 400, code: "invalid_target"},
		"resource with a fragment":   {body: u.in("resource", "https://a.example/#x"), status: 400, code: "invalid_target"},
		"audience with a space":      {body: u.in("audience", "a b"), status: 400, code: "invalid_target"},
		"unknown space":              {path: "/spaces/nowhere" + tokenPath, body: u.in(), status: 404, code: "invalid_request"},
		"alias":                      {path: "/plt/oauth2/token", body: u.in(), status: 200, scope: "clients:view keys:view"},
		"alias with the space":       {path: "/realms/default/protocol/openid-connect/token", body: u.in("scope", "keys:view"), status: 200, scope: "keys:view"},
		"alias of no space":          {path: "/realms/nowhere/protocol/openid-connect/token", body: u.in(), status: 404, code: "invalid_request"},
		"by its folded name":         {path: "/spaces/DEFAULT" + tokenPath, body: u.in(), status: 200, scope: "clients:view keys:view"},
	} {
		t.Run(name, func(t *testing.T) {
			if c.method == "" {
				c.method = "POST"
			}
			if c.path == "" {
				c.path = tokenPath
			}
			got := send(t, s, request(c.method, c.path, c.body, c.headers...))
			if got.status != c.status || got.Error != c.code && c.method != "HEAD" || got.Scope != c.scope {
				t.Errorf("%d %q scope %q, want %d %q scope %q", got.status, got.Error, got.Scope, c.status, c.code, c.scope)
			}
			if (got.status == 200) != s.entry.Issued || (got.status == 200) != (s.entry.Reason == "") {
				t.Errorf("entry %+v for status %d", s.entry, got.status)
			}
		})
	}
	w := s.do(request("OPTIONS", tokenPath, ""))
	if w.Code != 204 || w.Header().Get("Allow") != "POST, OPTIONS" {
		t.Errorf("OPTIONS: %d, Allow %q", w.Code, w.Header().Get("Allow"))
	}
	if body := s.do(request("POST", tokenPath, u.in())).Body.String(); strings.Contains(body, "refresh") {
		t.Errorf("a refresh token (RFC 6749 §4.4.3): %s", body)
	}
}

func TestAudienceReplacesTheIssuer(t *testing.T) {
	s := serve(t, model.ES256)
	u := s.user(s.Space, "robot", "clients:view")
	for _, c := range []struct {
		pairs    []string
		want     any
		accepted bool
	}{
		{nil, origin, true},
		{[]string{"audience", "erp"}, "erp", false},
		{[]string{"resource", "urn:example:api"}, "urn:example:api", false},
		{[]string{"audience", "erp", "resource", origin, "resource", origin}, []any{"erp", origin}, true},
	} {
		token := s.token(u, c.pairs...)
		claims, _ := s.jose(jwksPath, token)
		if diff := cmp.Diff(c.want, claims["aud"]); diff != "" {
			t.Errorf("%v: %s", c.pairs, diff)
		}
		s.accepted(token, c.accepted)
		if !c.accepted {
			s.reason("wrong_audience")
		}
	}
}

// TestUserOfAnotherSpaceIsUnknown covers the "nothing leaks across".
func TestUserOfAnotherSpaceIsUnknown(t *testing.T) {
	s := serve(t, model.ES256)
	lab := s.NewSpace(t, "lab")
	here, there := s.user(s.Space, "here", "clients:view"), s.user(lab, "there", "clients:view")
	for path, u := range map[string]account{tokenPath: there, "/spaces/lab" + tokenPath: here, "/spaces/default" + tokenPath: there} {
		if got := s.ask(path, u.in()); got.status != 401 || got.Error != "invalid_client" {
			t.Errorf("%s for %s: %+v", path, u.user.Username, got)
		}
		s.reason("unknown_client")
		if s.entry.Client != "" {
			t.Errorf("the log names %q", s.entry.Client)
		}
	}
	// A token says of which space it is; that of a renamed space is nobody's.
	token := s.token(there)
	a, fault := s.verify(token)
	if fault != nil || a.Space.Name != "lab" || a.User.Username != "there" {
		t.Fatalf("%+v %v", a, fault)
	}
	name := "attic"
	s.must(s.Spaces.Update(s.Ctx, lab.ID, spaces.Edit{Name: &name}, ""))
	s.load()
	s.accepted(token, false)
}

// TestClockSteps covers CASES "clock steps of ±5 min → no negative lifetimes, a clear diagnosis".
func TestClockSteps(t *testing.T) {
	s := serve(t, model.ES256)
	u := s.user(s.Space, "robot", "clients:view")
	before := s.token(u)
	for _, step := range []time.Duration{-5 * time.Minute, 5*time.Minute + 5*time.Minute + 2*model.ClockSkew} {
		s.Clock.Pass(step)
		got := s.ask(tokenPath, u.in())
		if got.status != 200 || got.Expires != 300 {
			t.Errorf("after %s: %+v", step, got)
		}
		s.accepted(got.Token, true)
		claims, _ := s.jose(jwksPath, got.Token)
		if life := claims["exp"].(float64) - claims["iat"].(float64); life != 300 {
			t.Errorf("after %s the token lives %v s", step, life)
		}
		_, fault := s.verify(before)
		want := "issued in the future: check the clock"
		if step > 0 {
			want = "expired"
		}
		if fault == nil || fault.Status != 401 || fault.Code != "invalid_token" || !strings.Contains(fault.Description, want) {
			t.Errorf("after %s: %v, want %q", step, fault, want)
		}
	}
}

func TestLifeIsTheUsersButNotBeyondItsExpiry(t *testing.T) {
	s := serve(t, model.ES256)
	u := s.user(s.Space, "robot", "clients:view")
	s.change(u, func(d *apiusers.Draft) { d.TTL, d.Expires = 20*time.Minute, s.Clock.Now().Add(90*time.Second) })
	if got := s.ask(tokenPath, u.in()); got.Expires != 90 {
		t.Errorf("expires_in %d, want 90", got.Expires)
	}
	s.Clock.Pass(89*time.Second + 500*time.Millisecond)
	if got := s.ask(tokenPath, u.in()); got.status != 401 {
		t.Errorf("half a second before it expires: %+v", got)
	}
	s.reason("user_expired")
}

func TestTokenOver8KiBIsRefused(t *testing.T) {
	s := serve(t, model.ES256)
	u := s.user(s.Space, "robot", "clients:view")
	got := s.ask(tokenPath, u.in("audience", strings.Repeat("a", MaxToken)))
	if got.status != 400 || got.Error != "invalid_scope" {
		t.Errorf("%+v", got)
	}
	if s.entry.Issued || len(s.uses) != 0 {
		t.Error("it counts as issued")
	}
	text := s.token(u, "audience", strings.Repeat("a", 5000))
	s.accepted(text, false)
	s.reason("wrong_audience") // it was read
}

func TestWithoutSigningKeyNothingIsIssued(t *testing.T) {
	s := serve(t, model.ES256)
	u := s.user(s.Space, "robot", "clients:view")
	d := *s.dir.Load()
	d.Signing = nil
	s.dir.Store(&d)
	got := s.ask(tokenPath, u.in())
	if got.status != 503 || got.Error != "temporarily_unavailable" || got.headers.Get("Retry-After") == "" {
		t.Errorf("%+v", got)
	}
	s.reason("no_signing_key")
}

// TestRotationOfTheSigningKey: the next key is published before it signs, the one before
// is accepted until its last token has expired.
func TestRotationOfTheSigningKey(t *testing.T) {
	s := serve(t, model.ES256)
	u := s.user(s.Space, "robot", "clients:view")
	s.change(u, func(d *apiusers.Draft) { d.TTL = model.MaxTTL })
	first := s.token(u)
	s.must(s.Serving.Set(s.Ctx, "algorithm", "EdDSA"))
	s.load()
	if n := len(s.hub.ringOf(s.dir.Load()).published(s.Clock.Now())); n != 2 {
		t.Fatalf("%d keys are published, want 2", n)
	}
	if _, head := s.jose(jwksPath, s.token(u)); head.Algorithm != "ES256" {
		t.Errorf("%s signs before its time", head.Algorithm)
	}
	s.Clock.Pass(serving.Lead)
	last := s.token(u)
	if _, head := s.jose(jwksPath, last); head.Algorithm != "EdDSA" {
		t.Errorf("%s signs after the lead", head.Algorithm)
	}
	s.accepted(first, true)
	s.Clock.Pass(model.MaxTTL - serving.Lead)
	s.accepted(first, true) // within the skew
	s.Clock.Pass(serving.Lead + 2*model.ClockSkew)
	s.accepted(first, false)
	if n := len(s.hub.ringOf(s.dir.Load()).published(s.Clock.Now())); n != 1 {
		t.Errorf("%d keys are published, want 1", n)
	}
}

func TestLogNamesTheAddressAndTheSpace(t *testing.T) {
	s := serve(t, model.ES256)
	u := s.user(s.Space, "robot", "clients:view")
	r := request("POST", tokenPath, u.in())
	r.RemoteAddr = "[::ffff:198.51.100.7]:4711"
	if got := send(t, s, r); got.status != 200 {
		t.Fatal(got)
	}
	if s.entry.Addr != netip.MustParseAddr("198.51.100.7") || s.entry.Client != "robot" || s.entry.Space != "default" || s.uses[0].Addr != "198.51.100.7" {
		t.Errorf("entry %+v, use %+v", s.entry, s.uses)
	}
}
