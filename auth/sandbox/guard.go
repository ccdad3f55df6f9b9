package sandbox

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"

	"ferry/auth/authority"
)

// bearer lets a request through that carries an access token of the realm (RFC 6750
// §2.1). A request without any gets a challenge without an error code (§3.1).
func (s *system) bearer(realm string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token, fault := authority.BearerToken(r)
		if fault == nil {
			fault = s.tokens.check(token, realm)
		}
		if fault != nil {
			named := *fault
			named.Realm = realm
			named.Write(w)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// apiKey lets a request through that carries the ERP's key.
func apiKey(next http.Handler) http.Handler {
	want := sha256.Sum256([]byte(erpKey))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got := sha256.Sum256([]byte(r.Header.Get(apiKeyHeader)))
		if subtle.ConstantTimeCompare(want[:], got[:]) != 1 {
			w.Header().Set("WWW-Authenticate", `ApiKey header="`+apiKeyHeader+`"`)
			refuse(w, http.StatusUnauthorized, "a valid "+apiKeyHeader+" header is required")
			return
		}
		next.ServeHTTP(w, r)
	})
}
