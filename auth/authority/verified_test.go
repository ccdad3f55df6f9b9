package authority

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
	"unsafe"

	"ferry/model"
	"ferry/model/apiusers"
	"ferry/model/spaces"
)

// checks makes every signer of the hub count its signature checks.
func (s *served) checks() func() int {
	var mu sync.Mutex
	n := 0
	for _, signer := range s.hub.ringOf(s.dir.Load()).signers {
		verify := signer.verify
		signer.verify = func(text, signature []byte) bool {
			mu.Lock()
			n++
			mu.Unlock()
			return verify(text, signature)
		}
	}
	return func() int { mu.Lock(); defer mu.Unlock(); return n }
}

// Issue 6: verified tokens are cached by hash until they expire.
func TestASignatureIsCheckedOnce(t *testing.T) {
	s := serve(t, model.ES256)
	u := s.user(s.Space, "robot", "clients:view", "keys:view")
	token := s.token(u)
	count := s.checks()
	first, fault := s.verify(token)
	if fault != nil {
		t.Fatal(fault)
	}
	for range 100 {
		again, fault := s.verify(token)
		if fault != nil || again.ID != first.ID || again.User.Username != "robot" || !again.Permits.Has("keys:view") || len(again.Scopes) != 2 {
			t.Fatalf("%+v, %v", again, fault)
		}
	}
	s.load() // a newer picture of the store needs no check either
	s.accepted(token, true)
	if n := count(); n != 1 {
		t.Errorf("%d signature checks", n)
	}
	// Another text for the same claims is another token, and is checked.
	s.accepted(token[:len(token)-4]+"AAAA", false)
	s.reason("wrong_signature")
	dot := strings.LastIndexByte(token, '.')
	s.accepted(token[:dot]+"."+token[dot+1:]+"=", false)
	s.accepted(token, true)
	s.Clock.Pass(5*time.Minute + model.ClockSkew)
	s.accepted(token, false)
	s.reason("token_expired")
}

// CASES: revoked key, token, user, or disabled → refused: at once, though the token is
// cached.
func TestWhatIsRememberedIsRefusedAtOnce(t *testing.T) {
	for reason, change := range map[string]func(*served, account, string){
		"user_disabled": func(s *served, u account, _ string) {
			s.must(s.Users.SetState(s.Ctx, s.Space, u.user.ID, model.Disabled, ""))
		},
		"oauth2_off":  func(s *served, u account, _ string) { s.change(u, func(d *apiusers.Draft) { d.OAuth = false }) },
		"key_revoked": func(s *served, u account, _ string) { s.must(s.Keys.Revoke(s.Ctx, s.Space, u.key.ID, 0, "")) },
		"unknown_client": func(s *served, u account, _ string) {
			s.must(nil, s.Users.Delete(s.Ctx, s.Space, u.user.ID, 0, "robot"))
		},
		"network": func(s *served, u account, _ string) {
			s.change(u, func(d *apiusers.Draft) { d.Networks = []string{"10.0.0.0/8"} })
		},
		"token_revoked": func(s *served, u account, token string) {
			s.post(revokePath, map[string][]string{"token": {token}}, u.basic())
		},
		"user_expired": func(s *served, u account, _ string) {
			s.change(u, func(d *apiusers.Draft) { d.Expires = s.Clock.Now().Add(time.Second) })
			s.Clock.Pass(time.Second)
		},
	} {
		t.Run(reason, func(t *testing.T) {
			s := serve(t, model.EdDSA)
			u := s.user(s.Space, "robot", "clients:view")
			token := s.token(u)
			count := s.checks()
			s.accepted(token, true)
			s.accepted(token, true)
			change(s, u, token)
			if reason != "token_revoked" { // that is refused on the same picture of the store
				s.load()
			}
			s.accepted(token, false)
			s.reason(reason)
			if count() > 1+map[string]int{"token_revoked": 1}[reason] {
				t.Errorf("%d signature checks: it was not cached, so this shows nothing", count())
			}
		})
	}
}

// A token that was revoked before it was ever verified here is refused too, and so it is
// after a restart.
func TestRevokedBeforeItWasSeen(t *testing.T) {
	s := serve(t, model.EdDSA)
	u := s.user(s.Space, "robot", "clients:view")
	token := s.token(u)
	s.post(revokePath, map[string][]string{"token": {token}}, u.basic())
	s.accepted(token, false)
	s.start()
	s.accepted(token, false)
	s.reason("token_revoked")
}

// A signing key that is withdrawn or replaced, and an issuer that changed, end what was
// remembered with them.
func TestARingOrIssuerThatChangesEndsWhatWasRemembered(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*served)
		reason string
	}{
		"key withdrawn": {func(s *served) {
			next := *s.dir.Load()
			next.Signing = nil
			s.dir.Store(&next)
		}, "wrong_signature"},
		"key kept no longer": {func(s *served) {
			next := *s.dir.Load()
			next.Signing = append([]model.SigningKey(nil), next.Signing...)
			next.Signing[0].KeepUntil = s.Clock.Now()
			s.dir.Store(&next)
		}, "wrong_signature"},
		"another key by the same id": {func(s *served) {
			other := serve(s.t, model.EdDSA)
			next := *s.dir.Load()
			next.Signing = append([]model.SigningKey(nil), other.dir.Load().Signing...)
			next.Signing[0].ID = s.dir.Load().Signing[0].ID
			s.dir.Store(&next)
		}, "wrong_signature"},
		"space renamed": {func(s *served) {
			name := "labor"
			s.must(s.Spaces.Update(s.Ctx, s.dir.Load().Space("lab").ID, spaces.Edit{Name: &name}, ""))
			s.load()
		}, "invalid_token"},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, model.EdDSA)
			u := s.user(s.NewSpace(t, "lab"), "robot", "clients:view")
			token := s.token(u)
			s.accepted(token, true)
			s.accepted(token, true)
			c.change(s)
			s.accepted(token, false)
			s.reason(c.reason)
			s.accepted(token, false)
		})
	}
}

// What is remembered is bounded, holds no token, and is nothing that was refused.
func TestRememberedTokensAreBoundedAndHoldNoToken(t *testing.T) {
	s := serve(t, model.EdDSA)
	u := s.user(s.Space, "robot", "clients:view")
	token := s.token(u)
	for i := range 200 {
		s.accepted(token[:len(token)-3]+fmt.Sprintf("%03d", i), false)
	}
	if n := s.hub.verified.size(); n != 0 {
		t.Errorf("%d refused tokens are remembered", n)
	}
	s.accepted(token, true)
	p, ok := s.hub.verified.get(digest(sha256.Sum256([]byte(token))))
	if !ok {
		t.Fatal("the token is not remembered")
	}
	for _, part := range []string{p.claims.ID, p.claims.Subject, p.claims.Scope} { // none keeps the text in memory
		at, from := uintptr(unsafe.Pointer(unsafe.StringData(part))), uintptr(unsafe.Pointer(unsafe.StringData(token)))
		if at >= from && at < from+uintptr(len(token)) {
			t.Error("a claim is a part of the token's text")
		}
	}

	var m remembered[int]
	for i := range 3 * maxVerified {
		m.put(sha256.Sum256(fmt.Append(nil, i)), i, func(old int) bool { return old%2 == 1 })
		if _, ok := m.get(sha256.Sum256(fmt.Append(nil, i))); !ok {
			t.Fatalf("%d was forgotten at once", i)
		}
	}
	if n := m.size(); n > maxVerified || n < maxVerified/3 {
		t.Errorf("%d are remembered, at most %d may be", n, maxVerified)
	}
}

// Many at once share what is remembered; one of them revokes.
func TestManyWithOneToken(t *testing.T) {
	s := serve(t, model.EdDSA)
	u := s.user(s.Space, "robot", "clients:view")
	token := s.token(u)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 200 {
				a, fault := s.hub.Verify(request("GET", "/", "", "Authorization: Bearer "+token))
				if fault != nil || a.User.Username != "robot" || !a.Permits.Has("clients:view") {
					t.Errorf("%+v, %v", a, fault)
					return
				}
			}
		})
	}
	for range 20 {
		s.load()
	}
	wg.Wait()
}

// BenchmarkVerifyUncached is BenchmarkVerify without what is remembered.
func BenchmarkVerifyUncached(b *testing.B) {
	for _, a := range algorithms {
		s, u, _ := benched(b, a)
		r := request("GET", "/restApi/clients", "", "Authorization: Bearer "+s.token(u))
		name := digest(sha256.Sum256([]byte(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))))
		b.Run(string(a), func(b *testing.B) {
			for b.Loop() {
				s.hub.verified.drop(name)
				s.hub.keys.Load().standing.drop(name)
				if _, fault := s.hub.Verify(r); fault != nil {
					b.Fatal(fault)
				}
			}
		})
	}
}

// BenchmarkVerifyKey is what an API key as Bearer costs a request.
func BenchmarkVerifyKey(b *testing.B) {
	s, u, _ := benched(b, model.ES256)
	s.bearerKeys(u, true)
	r := request("GET", "/gw/erp/", "", "Authorization: Bearer "+u.text)
	b.ReportAllocs()
	for b.Loop() {
		if _, fault := s.hub.VerifyCaller(r); fault != nil {
			b.Fatal(fault)
		}
	}
}

// BenchmarkWrongKey prints the medians of what must be alike: a key that is unknown, a wrong
// one, and one that may not be presented.
func BenchmarkWrongKey(b *testing.B) {
	s, u, _ := benched(b, model.ES256)
	unknown := s.wrong(u)
	texts := map[string]string{"off-ns": u.text, "unknown-ns": unknown, "wrong-ns": forged(u.text)}
	spans := map[string][]time.Duration{}
	for b.Loop() {
		for name, text := range texts {
			s.hub.limit = newLimiterLike(s.hub.limit)
			r := request("GET", "/gw/erp/", "", "Authorization: Bearer "+text)
			began := time.Now()
			_, fault := s.hub.VerifyCaller(r)
			spans[name] = append(spans[name], time.Since(began))
			if fault == nil || fault.Status != http.StatusUnauthorized {
				b.Fatal(fault)
			}
		}
	}
	for name, all := range spans {
		b.ReportMetric(float64(median(all)), name)
	}
}
