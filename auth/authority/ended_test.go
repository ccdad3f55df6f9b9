package authority

import (
	"errors"
	"fmt"
	"net/url"
	"testing"
	"time"

	"ferry/model"
)

// revoke revokes a token and returns the answer's status.
func (s *served) revoke(path, token string, a account) int {
	s.t.Helper()
	return s.post(path, url.Values{"token": {token}, "token_type_hint": {"refresh_token"}}, a.basic()).Code
}

// TestHubRevocation covers RFC 7009: only one's own tokens, at once, and again without a fault.
func TestHubRevocation(t *testing.T) {
	s := serve(t, model.ES256)
	lab := s.NewSpace(t, "lab")
	robot, other, far := s.user(s.Space, "robot", "clients:view"), s.user(s.Space, "other", "clients:view"), s.user(lab, "far", "clients:view")
	token, kept, farToken := s.token(robot), s.token(robot), s.token(far)
	if code := s.revoke(revokePath, token, other); code != 400 || s.entry.Reason != "token_of_another_client" {
		t.Errorf("another's token: %d, reason %q", code, s.entry.Reason)
	}
	if code := s.revoke(revokePath, farToken, robot); code != 400 {
		t.Errorf("a token of another space: %d", code)
	}
	s.accepted(token, true)
	s.accepted(farToken, true)
	for range 2 {
		if code := s.revoke("/spaces/default"+revokePath, token, robot); code != 200 {
			t.Errorf("its own: %d", code)
		}
		s.accepted(token, false) // the directory is still the old one
		s.reason("token_revoked")
		if got, _ := s.look(introspectPath, token, robot.basic()); active(got) {
			t.Errorf("introspection: %v", got)
		}
	}
	s.accepted(kept, true)
	for _, unknown := range []string{"nonsense", "a.b.c", token[:len(token)-8] + "AAAAAAAA"} {
		if code := s.revoke(revokePath, unknown, robot); code != 200 {
			t.Errorf("an unknown token: %d", code)
		}
	}
	if code := s.post(revokePath, url.Values{"token": {kept}}).Code; code != 401 {
		t.Errorf("without authentication: %d", code)
	}
	if code := s.post(revokePath, url.Values{"token": {kept}}, "Authorization: Bearer "+kept).Code; code != 401 {
		t.Errorf("with an access token: %d", code)
	}
	s.accepted(kept, true)
}

func TestRevocationThatCannotBeStoredIsSaid(t *testing.T) {
	s := serve(t, model.ES256)
	u := s.user(s.Space, "robot", "clients:view")
	token := s.token(u)
	s.failing = errors.New("canary: the disk is full")
	w := s.post(revokePath, url.Values{"token": {token}}, u.basic())
	if w.Code != 503 || w.Header().Get("Retry-After") == "" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	s.reason("not_stored")
	s.accepted(token, false) // here at least
	s.failing = nil
	if code := s.revoke(revokePath, token, u); code != 200 {
		t.Errorf("again: %d", code)
	}
	s.start()
	s.accepted(token, false)
}

// TestRestartRevivesNothing covers CASES "a restart does not revive it": what was revoked
// or disabled is refused by an authority that is made anew from the store.
func TestRestartRevivesNothing(t *testing.T) {
	s := serve(t, model.ES256)
	users := map[string]account{}
	tokens := map[string]string{}
	for _, name := range []string{"fine", "token", "key", "disabled", "deleted"} {
		users[name] = s.user(s.Space, name, "clients:view")
		tokens[name] = s.token(users[name])
	}
	if code := s.revoke(revokePath, tokens["token"], users["token"]); code != 200 {
		t.Fatal(code)
	}
	s.must(s.Keys.Revoke(s.Ctx, s.Space, users["key"].key.ID, 0, ""))
	s.must(s.Users.SetState(s.Ctx, s.Space, users["disabled"].user.ID, model.Disabled, ""))
	s.must(nil, s.Users.Delete(s.Ctx, s.Space, users["deleted"].user.ID, 0, "deleted"))
	// The last moment at which tokens are accepted, after the upkeep of that moment.
	s.Clock.Pass(users["token"].user.TTL + model.ClockSkew - time.Second)
	s.must(nil, s.Serving.Upkeep(s.Ctx))
	s.start()
	for name, token := range tokens {
		s.accepted(token, name == "fine")
		got := s.ask(tokenPath, users[name].in())
		if want := map[bool]int{true: 200, false: 401}[name == "fine" || name == "token"]; got.status != want {
			t.Errorf("%s: a new token: %d, want %d", name, got.status, want)
		}
	}
	// A user made anew under the same name is another: tokens of the first stay dead.
	s.user(s.Space, "deleted", "clients:view")
	s.accepted(tokens["deleted"], false)
}

func TestEndedTokensAreBounded(t *testing.T) {
	var e ended
	now := noon
	for i := range 10_000 {
		now = now.Add(time.Second)
		e.add(fmt.Sprint(i), now.Add(time.Minute), func(_ string, until time.Time) bool { return now.After(until) })
		if !e.has(fmt.Sprint(i)) || e.has("other") {
			t.Fatal("it does not know what it was told")
		}
	}
	if n := len(e.until); n > 500 {
		t.Errorf("%d tokens are remembered for 60 that live", n)
	}
}
