// Package access is what one request to the served hub carries beside itself: who it
// turned out to be, why it was refused, what the access log will say. Handlers fill
// the entry in; the server that made it writes it down when the answer is out.
//
// It imports model and the standard library. It must never hold a secret, a token, a
// query or a body.
package access

import (
	"context"
	"net/http"
	"net/netip"
)

// Entry is what is known of one request. It belongs to the goroutine that serves it.
type Entry struct {
	ID     string     // the request's id, also the X-Request-Id of the answer
	Addr   netip.Addr // where it came from; behind a trusted proxy, what that said
	Route  string     // the pattern that matched; "" when none did
	Client string     // the username of a known API user, never what somebody claimed
	Space  string     // the space's name
	Reason string     // why it was refused, as the log counts it: "wrong_secret", "insufficient_scope" …
	Issued bool       // an access token was issued
	// Upstream is the name of the stored API client that the request went to, or would have,
	// through the gateway; never what somebody claimed.
	Upstream string
}

type entryKey struct{}

// With returns r with an entry.
func With(r *http.Request, e *Entry) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), entryKey{}, e))
}

// From returns the entry of a request. Without one, as in a test of one handler, it is a
// fresh entry with the address of the connection, which nobody reads.
func From(r *http.Request) *Entry {
	if e, ok := r.Context().Value(entryKey{}).(*Entry); ok {
		return e
	}
	return &Entry{Addr: PeerAddr(r)}
}

// PeerAddr is the address of the connection that r came on, without zone and with a
// mapped IPv4 address as what it is. The zero Addr when there is none.
func PeerAddr(r *http.Request) netip.Addr {
	ap, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return ap.Addr().Unmap().WithZone("")
}
