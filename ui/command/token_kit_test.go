package command_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// issuer is an authorization server of a test's own: it counts token requests, takes a
// person's word, and can be out of order.
type issuer struct {
	*httptest.Server

	mu      sync.Mutex
	arrived []time.Time // of token requests
	down    bool
	allowed bool
	polled  int
	refresh string // the one refresh token that is good
	revoked []string
}

func newIssuer(t *testing.T) *issuer {
	t.Helper()
	s := &issuer{}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/oauth-authorization-server", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, 200, map[string]any{
			"issuer": s.URL, "token_endpoint": s.URL + "/token", "revocation_endpoint": s.URL + "/revoke",
			"introspection_endpoint": s.URL + "/introspect", "device_authorization_endpoint": s.URL + "/device",
			"token_endpoint_auth_methods_supported": []string{"client_secret_post", "none"},
		})
	})
	mux.HandleFunc("POST /token", s.token)
	mux.HandleFunc("POST /device", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, 200, map[string]any{
			"device_code": canary + "-device", "user_code": "WDJB-MJHT", "verification_uri": s.URL + "/go",
			"verification_uri_complete": s.URL + "/go?user_code=WDJB-MJHT", "expires_in": 600, "interval": 1,
		})
	})
	mux.HandleFunc("POST /introspect", func(w http.ResponseWriter, r *http.Request) {
		answer(w, 200, map[string]any{"active": r.PostFormValue("token") == "token-1", "scope": "read"})
	})
	mux.HandleFunc("GET /realm", func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte(r.Header.Get("Authorization") + "\n"))
	})
	mux.HandleFunc("POST /revoke", func(_ http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.revoked = append(s.revoked, r.PostFormValue("token"))
	})
	s.Server = httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

func answer(w http.ResponseWriter, status int, doc map[string]any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(doc)
}

func (s *issuer) token(w http.ResponseWriter, r *http.Request) {
	grant := r.PostFormValue("grant_type")
	s.mu.Lock()
	defer s.mu.Unlock()
	s.arrived = append(s.arrived, time.Now())
	n := len(s.arrived)
	token := map[string]any{"access_token": "token-1", "token_type": "Bearer", "expires_in": 600}
	switch {
	case s.down:
		http.Error(w, "out of order", http.StatusServiceUnavailable)
		return
	case grant == "refresh_token" && (s.refresh == "" || r.PostFormValue("refresh_token") != s.refresh):
		answer(w, 400, map[string]any{"error": "invalid_grant"})
		return
	case grant == "refresh_token":
		s.refresh = canary + "-refresh-" + time.Now().Format(time.RFC3339Nano)
		token["refresh_token"], token["access_token"] = s.refresh, "token-again"
	case grant == "urn:ietf:params:oauth:grant-type:device_code":
		if s.polled++; !s.allowed {
			answer(w, 400, map[string]any{"error": "authorization_pending"})
			return
		}
		s.refresh = canary + "-refresh"
		token["refresh_token"] = s.refresh
	case n > 1:
		token["access_token"] = "token-2"
	}
	answer(w, 200, token)
}

func (s *issuer) set(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

func (s *issuer) requests() []time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]time.Time(nil), s.arrived...)
}

// client makes a client of the issuer.
func (w *world) client(name string, s *issuer, more ...string) {
	w.t.Helper()
	secret := filepath.Join(w.home, "secret")
	if err := os.WriteFile(secret, []byte(canary+"-secret\n"), 0o600); err != nil {
		w.t.Fatal(err)
	}
	w.do(append([]string{"client", "create", name, "--base-url", s.URL, "--client-id", "hub"}, more...)...)
}
