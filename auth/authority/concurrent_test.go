package authority

import (
	"encoding/json"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"

	"ferry/model"
)

// TestManyAtOnceWhileKeysRotate: requests that run while newer directories arrive, with
// another signing key in use, are neither refused nor mixed up.
func TestManyAtOnceWhileKeysRotate(t *testing.T) {
	s := serve(t, model.EdDSA)
	users := []account{s.user(s.Space, "one", "clients:view"), s.user(s.NewSpace(t, "lab"), "two", "keys:view")}
	var wg sync.WaitGroup
	for i := range 8 {
		u := users[i%2]
		wg.Go(func() {
			for n := range 40 {
				if !s.roundTrip(u, n%4 == 0) {
					return
				}
			}
		})
	}
	for range 4 {
		s.must(s.Serving.Rotate(s.Ctx, 0))
		s.load()
	}
	wg.Wait()
	if n := len(s.dir.Load().Signing); n != 5 {
		t.Errorf("%d signing keys, want 5", n)
	}
}

// roundTrip gets a token, uses it, and may revoke it. It shares nothing of the fixture
// that belongs to one goroutine.
func (s *served) roundTrip(u account, revoke bool) bool {
	w := httptest.NewRecorder()
	s.mux.ServeHTTP(w, request("POST", "/spaces/"+u.space.Name+tokenPath, u.in()))
	var got answer
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != 200 {
		s.t.Errorf("%s: %d %s", u.user.Username, w.Code, w.Body)
		return false
	}
	use := func() (Access, *BearerError) {
		return s.hub.Verify(request("GET", "/", "", "Authorization: Bearer "+got.AccessToken))
	}
	if a, fault := use(); fault != nil || a.User.Username != u.user.Username || a.Space.ID != u.space.ID {
		s.t.Errorf("%s: %+v %v", u.user.Username, a, fault)
		return false
	}
	if !revoke {
		return true
	}
	w = httptest.NewRecorder()
	s.mux.ServeHTTP(w, request("POST", "/spaces/"+u.space.Name+revokePath, url.Values{"token": {got.AccessToken}}.Encode(), u.basic()))
	if _, fault := use(); w.Code != 200 || fault == nil {
		s.t.Errorf("%s: revoked with %d, then %v", u.user.Username, w.Code, fault)
		return false
	}
	return true
}
