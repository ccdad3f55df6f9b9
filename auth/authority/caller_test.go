package authority

import (
	"fmt"
	"hash/crc32"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"ferry/auth/access"
	"ferry/model"
	"ferry/model/apiusers"
	"ferry/model/keys"
)

// bearerKeys allows a user to present its keys.
func (s *served) bearerKeys(a account, on bool) {
	s.t.Helper()
	s.must(nil, s.Store.Update(s.Ctx, func(tx model.Tx) error {
		u, err := tx.Users().Get(a.space.ID, a.user.ID)
		if err != nil {
			return err
		}
		u.BearerKeys = on
		return tx.Users().Put(u)
	}))
	s.load()
}

// present presents text at the gateway, from an address.
func (s *served) present(addr, text string) (Access, *BearerError) {
	s.t.Helper()
	r := request("GET", "/gw/erp/orders", "", "Authorization: Bearer "+text)
	r.RemoteAddr = netip.AddrPortFrom(netip.MustParseAddr(addr), 4711).String()
	s.entry = access.Entry{Addr: access.PeerAddr(r)}
	a, fault := s.hub.VerifyCaller(access.With(r, &s.entry))
	if seen := fmt.Sprintf("%+v %+v", fault, s.entry); strings.Contains(seen, "ferry_k") {
		s.t.Errorf("the key is repeated: %s", seen)
	}
	return a, fault
}

// forged is a key's text with another secret, which reads as a key all the same.
func forged(text string) string {
	const alphabet = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	body := []byte(text[:len(text)-6])
	last := &body[len(body)-1]
	*last = alphabet[(strings.IndexByte(alphabet, *last)+1)%10]
	sum := crc32.ChecksumIEEE(body)
	end := make([]byte, 6)
	for i := 5; i >= 0; i-- {
		end[i], sum = alphabet[sum%62], sum/62
	}
	return string(body) + string(end)
}

func median(all []time.Duration) time.Duration {
	slices.Sort(all)
	return all[len(all)/2]
}

// Issue 6: an API key as Bearer when the user allows it: the user's own permissions; tokens
// go on as before.
func TestAnAPIKeyAsBearer(t *testing.T) {
	s := serve(t, model.ES256)
	u := s.user(s.NewSpace(t, "lab"), "robot", "clients:view", "keys:view")
	token := s.token(u)
	s.uses = nil
	s.bearerKeys(u, true)
	a, fault := s.present("192.0.2.1", u.text)
	if fault != nil {
		t.Fatal(fault)
	}
	if a.User.Username != "robot" || a.Space.Name != "lab" || a.ID != "" || a.Key != u.key.ID || !sameSet(a.Scopes, []string{"clients:view", "keys:view"}) || !a.Permits.Has("keys:view") {
		t.Errorf("%+v", a)
	}
	if s.entry.Client != "robot" || s.entry.Space != "lab" || s.entry.Reason != "" {
		t.Errorf("entry %+v", s.entry)
	}
	if len(s.uses) != 1 || s.uses[0].Key != u.key.ID || s.uses[0].Tokens != 0 || s.uses[0].Addr != "192.0.2.1" {
		t.Errorf("uses %+v", s.uses)
	}
	if a, fault := s.present("192.0.2.1", token); fault != nil || a.ID == "" {
		t.Errorf("a token: %+v, %v", a, fault)
	}
	s.change(u, func(d *apiusers.Draft) { d.Permissions, d.OAuth = []string{"keys:view"}, false })
	s.bearerKeys(u, true)
	if a, fault := s.present("192.0.2.1", u.text); fault != nil || len(a.Permits) != 1 {
		t.Errorf("with other permissions, and without OAuth 2.0: %+v, %v", a, fault)
	}
	// The hub API takes tokens alone.
	s.accepted(u.text, false)
	// A key in the query, or beside another header, is refused as a token is.
	r := httptest.NewRequest(http.MethodGet, "/gw/erp/?access_token=x", nil)
	r.Header.Set("Authorization", "Bearer "+u.text)
	if _, fault := s.hub.VerifyCaller(r); fault == nil || fault.Status != 400 {
		t.Errorf("%v", fault)
	}
	r = httptest.NewRequest(http.MethodGet, "/gw/erp/?access%5Ftoken=x", nil)
	r.Header.Set("Authorization", "Bearer "+u.text)
	if _, fault := s.hub.VerifyCaller(r); fault == nil || fault.Status != 400 {
		t.Errorf("%v", fault)
	}
}

// Every key that is not accepted gets the very same answer for the same work; what it was is
// in the log alone.
func TestEveryRefusedKeyIsAnsweredAlike(t *testing.T) {
	s := serve(t, model.ES256)
	good, off := s.user(s.Space, "good", "clients:view"), s.user(s.Space, "off", "clients:view")
	disabled, expired := s.user(s.Space, "disabled", "clients:view"), s.user(s.Space, "expired", "clients:view")
	revoked, far := s.user(s.Space, "revoked", "clients:view"), s.user(s.Space, "far-off", "clients:view")
	old, err := s.Keys.Generate(s.Ctx, s.Space, good.user.ID, keys.Request{Label: "old", Expires: s.Clock.Now().Add(time.Minute)}, "")
	if err != nil {
		t.Fatal(err)
	}
	s.change(far, func(d *apiusers.Draft) { d.Networks = []string{"10.0.0.0/8"} })
	s.change(expired, func(d *apiusers.Draft) { d.Expires = s.Clock.Now().Add(time.Minute) })
	for _, u := range []account{good, disabled, expired, revoked} {
		s.bearerKeys(u, true)
	}
	s.must(s.Users.SetState(s.Ctx, s.Space, disabled.user.ID, model.Disabled, ""))
	s.must(s.Keys.Revoke(s.Ctx, s.Space, revoked.key.ID, 0, ""))
	s.load()
	s.Clock.Pass(2 * time.Minute)
	unknown := s.wrong(good)
	for _, c := range []struct {
		name, text, reason, client string
		digests                    int64
	}{
		{"wrong", forged(good.text), "wrong_secret", "good", 1},
		{"unknown", unknown, "unknown_client", "", 1},
		{"bearer keys off", off.text, "bearer_keys_off", "off", 1},
		{"off and from elsewhere", far.text, "bearer_keys_off", "far-off", 1},
		{"disabled", disabled.text, "user_disabled", "disabled", 1},
		{"user expired", expired.text, "user_expired", "expired", 1},
		{"key expired", old.Text.Reveal(), "key_expired", "good", 1},
		{"revoked", revoked.text, "key_revoked", "revoked", 1},
		{"mistyped", good.text[:len(good.text)-1] + "~", "malformed_secret", "", 0},
		{"no key", "ferry_k", "malformed_secret", "", 0},
	} {
		before := s.digests.Load()
		a, fault := s.present("192.0.2.1", c.text)
		if fault != errWrongKey || a.User != nil {
			t.Errorf("%s: %+v, %v", c.name, a, fault)
		}
		if n := s.digests.Load() - before; n != c.digests {
			t.Errorf("%s: %d digests", c.name, n)
		}
		s.reason(c.reason)
		if s.entry.Client != c.client {
			t.Errorf("%s: the log says %q", c.name, s.entry.Client)
		}
		s.hub.limit = newLimiter(s.Clock.Now()) // it is not what is looked at here
	}
	s.bearerKeys(far, true)
	if _, fault := s.present("192.0.2.1", far.text); fault == nil || fault.Status != 403 {
		t.Errorf("from another network: %v", fault)
	}
	s.reason("network")
	if _, fault := s.present("10.1.2.3", far.text); fault != nil {
		t.Errorf("from its own: %v", fault)
	}
	if _, fault := s.present("192.0.2.1", good.text); fault != nil {
		t.Errorf("a good key: %v", fault)
	}
}

// CASES: brute force on one client from one address → 429 with Retry-After; the same client
// from elsewhere and others from there unaffected.
func TestWrongKeysAreLimited(t *testing.T) {
	s := serve(t, model.ES256)
	u, other := s.user(s.Space, "robot", "clients:view"), s.user(s.Space, "other", "clients:view")
	s.bearerKeys(u, true)
	s.bearerKeys(other, true)
	bad := forged(u.text)
	for i := range maxPair {
		if _, fault := s.present("192.0.2.1", bad); fault != errWrongKey {
			t.Fatalf("try %d: %v", i, fault)
		}
	}
	for _, text := range []string{bad, u.text} { // a right key too: else guessing would go on
		_, fault := s.present("192.0.2.1", text)
		if fault == nil || fault.Status != 429 || fault.RetryAfter <= 0 || fault.RetryAfter > window {
			t.Fatalf("%+v", fault)
		}
		s.reason("rate_limited")
		w := httptest.NewRecorder()
		fault.Write(w)
		if w.Code != 429 || w.Header().Get("Retry-After") != "60" {
			t.Errorf("%d %v", w.Code, w.Header())
		}
	}
	if _, fault := s.present("192.0.2.2", u.text); fault != nil {
		t.Errorf("the same client from elsewhere: %v", fault)
	}
	if _, fault := s.present("192.0.2.1", other.text); fault != nil {
		t.Errorf("another client from there: %v", fault)
	}
	// The token endpoint counts the same failures, and tokens are no guesses.
	if got := s.from("192.0.2.1", "robot", u.text); got.status != 429 {
		t.Errorf("the token endpoint: %+v", got)
	}
	s.Clock.Pass(window)
	if _, fault := s.present("192.0.2.1", u.text); fault != nil {
		t.Errorf("a minute later: %v", fault)
	}

	// One address that tries whatever it likes is closed too: keys that do not exist, and
	// what is none.
	for i := range maxAddr {
		if _, fault := s.present("192.0.2.9", forged(strings.Replace(u.text, u.text[10:14], fmt.Sprintf("%04d", i), 1))); fault != errWrongKey {
			t.Fatalf("try %d: %v", i, fault)
		}
	}
	if _, fault := s.present("192.0.2.9", other.text); fault == nil || fault.Status != 429 {
		t.Errorf("an address after %d tries: %v", maxAddr, fault)
	}
	for range maxPair {
		_, _ = s.present("192.0.2.10", "ferry_nothing")
	}
	if _, fault := s.present("192.0.2.10", "ferry_nothing"); fault == nil || fault.Status != 429 {
		t.Errorf("no keys: %v", fault)
	}
	if _, fault := s.present("192.0.2.10", u.text); fault != nil {
		t.Errorf("a right key from there: %v", fault)
	}
}

// A key that is revoked, or whose user is switched off, is refused at the next request.
func TestARevokedKeyIsRefusedAtOnce(t *testing.T) {
	s := serve(t, model.ES256)
	u := s.user(s.Space, "robot", "clients:view")
	s.bearerKeys(u, true)
	try := func(want string) {
		t.Helper()
		_, fault := s.present("192.0.2.1", u.text)
		if (fault == nil) != (want == "") {
			t.Errorf("%v", fault)
		}
		s.reason(want)
	}
	try("")
	s.bearerKeys(u, false)
	try("bearer_keys_off")
	s.bearerKeys(u, true)
	try("")
	s.must(s.Users.SetState(s.Ctx, s.Space, u.user.ID, model.Disabled, ""))
	s.load()
	try("user_disabled")
	s.must(s.Users.SetState(s.Ctx, s.Space, u.user.ID, model.Active, ""))
	s.must(s.Keys.Revoke(s.Ctx, s.Space, u.key.ID, 0, ""))
	s.load()
	try("key_revoked")
}
