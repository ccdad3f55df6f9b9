package authority

import (
	"bytes"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"ferry/model"
	"ferry/model/apiusers"
	"ferry/model/keys"
)

// wrong is the text of a key of a's id that was never issued to anybody.
func (s *served) wrong(a account) string {
	s.t.Helper()
	other, err := s.Keys.Generate(s.Ctx, a.space, a.user.ID, keys.Request{Label: "gone"}, "")
	if err != nil {
		s.t.Fatal(err)
	}
	return other.Text.Reveal() // the directory is not loaded again, so this is no key yet
}

// whole is an answer as bytes, but for the date, which net/http adds later.
func (s *served) whole(body string, headers ...string) string {
	s.t.Helper()
	w := s.do(request("POST", tokenPath, body, headers...))
	var b bytes.Buffer
	fmt.Fprintln(&b, w.Code)
	if err := w.Header().Write(&b); err != nil {
		s.t.Fatal(err)
	}
	return b.String() + w.Body.String()
}

// TestHubUnknownIDAnswersAsWrongSecret covers CASES "unknown id against wrong secret: the
// same answer and the same time": the same bytes for the same work. How long it takes is
// printed by BenchmarkRefusal.
func TestHubUnknownIDAnswersAsWrongSecret(t *testing.T) {
	s := serve(t, model.ES256)
	u, disabled := s.user(s.Space, "robot", "clients:view"), s.user(s.Space, "disabled", "clients:view")
	expired, revoked := s.user(s.Space, "expired", "clients:view"), s.user(s.Space, "revoked", "clients:view")
	s.must(s.Users.SetState(s.Ctx, s.Space, disabled.user.ID, model.Disabled, ""))
	s.change(expired, func(d *apiusers.Draft) { d.Expires = s.Clock.Now().Add(time.Minute) })
	s.must(s.Keys.Revoke(s.Ctx, s.Space, revoked.key.ID, 0, ""))
	s.load()
	s.Clock.Pass(2 * time.Minute)
	unknownKey := s.wrong(u)
	in := func(id, secret string) string { return grant + "&" + form("client_id", id, "client_secret", secret) }
	want := ""
	for _, c := range []struct {
		name, body, reason string
		digests            int64
	}{
		{"wrong secret", in("robot", unknownKey), "wrong_secret", 1},
		{"unknown id", in("canary-nobody", unknownKey), "unknown_client", 1},
		{"unknown id, known key", in("canary-nobody", u.text), "unknown_client", 1},
		{"key of another user", in("robot", disabled.text), "wrong_secret", 1},
		{"disabled user", disabled.in(), "user_disabled", 1},
		{"expired user", expired.in(), "user_expired", 1},
		{"revoked key", revoked.in(), "key_revoked", 1},
		{"no key at all", in("robot", "canary-password"), "malformed_secret", 0},
		{"mistyped key", in("robot", u.text[:len(u.text)-1]+"!"), "malformed_secret", 0},
		{"no key, unknown id", in("canary-nobody", "x"), "malformed_secret", 0},
	} {
		before := s.digests.Load()
		got := s.whole(c.body)
		if want == "" {
			want = got
		}
		if got != want {
			t.Errorf("%s: %s\nwant %s", c.name, got, want)
		}
		if n := s.digests.Load() - before; n != c.digests {
			t.Errorf("%s: %d digests, want %d", c.name, n, c.digests)
		}
		s.reason(c.reason)
		s.hub.limit = newLimiter(s.Clock.Now()) // it is not what is looked at here
	}
	if !strings.HasPrefix(want, "401\n") || !strings.Contains(want, "no-store") || !strings.Contains(want, `"invalid_client"`) {
		t.Errorf("the answer is %s", want)
	}
}

// TestOAuthOffAndNetworkAreToldAfterTheSecret covers the issue's "unauthorized_client, but
// only after its secret was right".
func TestOAuthOffAndNetworkAreToldAfterTheSecret(t *testing.T) {
	s := serve(t, model.ES256)
	off, far := s.user(s.Space, "off", "clients:view"), s.user(s.Space, "far", "clients:view")
	s.change(off, func(d *apiusers.Draft) { d.OAuth = false })
	s.change(far, func(d *apiusers.Draft) { d.Networks = []string{"10.0.0.0/8", "2001:db8::/32"} })
	for u, reason := range map[*account]string{&off: "oauth2_off", &far: "network"} {
		if got := s.ask(tokenPath, u.in()); got.status != 400 || got.Error != "unauthorized_client" {
			t.Errorf("%s: %+v", reason, got)
		}
		s.reason(reason)
		if got := s.ask(tokenPath, grant, basic(u.user.Username, s.wrong(*u))); got.status != 401 || got.Error != "invalid_client" {
			t.Errorf("%s with a wrong secret: %+v", reason, got)
		}
		s.reason("wrong_secret")
	}
	for _, from := range []string{"10.1.2.3:1", "[::ffff:10.1.2.3]:1", "[2001:db8::1]:1"} {
		r := request("POST", tokenPath, far.in())
		r.RemoteAddr = from
		if got := send(t, s, r); got.status != 200 {
			t.Errorf("from %s: %+v", from, got)
		}
	}
}

// from asks for a token with a secret, from an address.
func (s *served) from(addr, id, secret string) reply {
	s.t.Helper()
	r := request("POST", tokenPath, grant+"&"+form("client_id", id, "client_secret", secret))
	r.RemoteAddr = netip.AddrPortFrom(netip.MustParseAddr(addr), 4711).String()
	return send(s.t, s, r)
}

// TestBruteForce covers CASES "brute force on one client from one address → 429 with
// Retry-After; the same client from elsewhere and others from there unaffected".
func TestBruteForce(t *testing.T) {
	s := serve(t, model.ES256)
	robot, other := s.user(s.Space, "robot", "clients:view"), s.user(s.Space, "other", "clients:view")
	const here, elsewhere = "198.51.100.1", "198.51.100.2"
	for i := range maxPair {
		if got := s.from(here, "robot", "guess"); got.status != 401 {
			t.Fatalf("try %d: %+v", i, got)
		}
	}
	digests := s.digests.Load()
	for _, secret := range []string{"guess", robot.text} { // what is refused is not evaluated
		got := s.from(here, "robot", secret)
		if got.status != 429 || got.Error != "temporarily_unavailable" || got.headers.Get("Retry-After") != "60" {
			t.Errorf("%+v, Retry-After %q", got, got.headers.Get("Retry-After"))
		}
		s.reason("rate_limited")
	}
	if s.digests.Load() != digests {
		t.Error("a request that was answered 429 was evaluated")
	}
	for name, status := range map[string]int{
		"the same client from elsewhere": s.from(elsewhere, "robot", robot.text).status,
		"another client from there":      s.from(here, "other", other.text).status,
	} {
		if status != 200 {
			t.Errorf("%s: %d", name, status)
		}
	}
	s.Clock.Pass(59 * time.Second)
	if got := s.from(here, "robot", robot.text); got.status != 429 || got.headers.Get("Retry-After") != "1" {
		t.Errorf("after 59 s: %+v %v", got, got.headers)
	}
	s.Clock.Pass(time.Second)
	if got := s.from(here, "robot", robot.text); got.status != 200 {
		t.Errorf("after a minute: %+v", got)
	}
}

// TestAddressThatTriesManyClientsIsClosed: 100 failures a minute, whatever is tried; an
// IPv6 address counts by its /64.
func TestAddressThatTriesManyClientsIsClosed(t *testing.T) {
	s := serve(t, model.ES256)
	robot := s.user(s.Space, "robot", "clients:view")
	for i := range maxAddr {
		addr := fmt.Sprintf("2001:db8:0:1::%x", i+1)
		if got := s.from(addr, fmt.Sprint("guess-", i), "guess"); got.status != 401 {
			t.Fatalf("try %d: %+v", i, got)
		}
	}
	if got := s.from("2001:db8:0:1:ffff::1", "robot", robot.text); got.status != 429 {
		t.Errorf("the same /64: %+v", got)
	}
	if got := s.from("2001:db8:0:2::1", "robot", robot.text); got.status != 200 {
		t.Errorf("another /64: %+v", got)
	}
}

func TestFailuresThatAreNotOfAuthenticationDoNotCount(t *testing.T) {
	s := serve(t, model.ES256)
	u := s.user(s.Space, "robot", "clients:view")
	for range 2 * maxAddr {
		s.ask(tokenPath, u.in("scope", "root"))
		s.ask(tokenPath, grant)
		s.ask(tokenPath, grant+"&client_id=x", u.basic())
	}
	if got := s.ask(tokenPath, u.in()); got.status != 200 {
		t.Errorf("%+v", got)
	}
}

// TestGuessingAtOtherEndpointsCounts: introspection and revocation take secrets too.
func TestGuessingAtOtherEndpointsCounts(t *testing.T) {
	s := serve(t, model.ES256)
	u := s.user(s.Space, "robot", "clients:view")
	for i := range maxPair {
		path := []string{introspectPath, revokePath}[i%2]
		if got := s.do(request("POST", path, "token=x", basic("robot", "guess"))); got.Code != 401 {
			t.Fatalf("%s: %d", path, got.Code)
		}
	}
	if got := s.ask(tokenPath, u.in()); got.status != 429 {
		t.Errorf("%+v", got)
	}
}
