package model

import (
	"context"
	"net/netip"
	"time"
)

// ServeConfig is how the hub is served: one sealed record a store. Flags of one run
// override it.
type ServeConfig struct {
	Listen      string // host:port; "" means 127.0.0.1:8080
	PublicURL   string // the origin under which others reach the hub; "" on loopback means where it listens
	Aliases     []string
	Algorithm   Algorithm // of new signing keys
	DefaultTTL  time.Duration
	RotateEvery time.Duration // how long a signing key is used; 0: until somebody rotates it
	BehindProxy []netip.Prefix
	TLSCert     string // paths of PEM files
	TLSKey      string
	AdminListen string // also answers health and metrics there; "" is the admin socket alone
	Revision    uint64
	Updated     Stamp
}

// Algorithm is a JWS algorithm (RFC 7518 §3.1, RFC 8037) that access tokens are signed with.
type Algorithm string

// The algorithms, the default first.
const (
	ES256 Algorithm = "ES256"
	EdDSA Algorithm = "EdDSA"
	RS256 Algorithm = "RS256"
)

// SigningKey signs access tokens. It is published from the moment it exists, signs from
// ActiveFrom until another becomes active, and is kept until KeepUntil, when the last
// token that it signed has expired.
type SigningKey struct {
	ID         ID // the "kid"
	Algorithm  Algorithm
	Private    Secret // PKCS #8, DER
	Created    Stamp
	ActiveFrom time.Time
	KeepUntil  time.Time // zero while no other follows
}

// RevokedToken is an access token that was revoked before it expired (RFC 7009).
type RevokedToken struct {
	ID      string // its "jti"
	Expires time.Time
}

// ServerProbe asks the server that runs on this store how it is.
type ServerProbe interface {
	// Status returns what the admin socket answers. ENotFound when no server answers there.
	Status(ctx context.Context) (ServerStatus, error)
	// Tail calls each for every request that ends from now on and fits, until ctx ends, each
	// fails or the server stops, and returns why: ctx's error, that of each, nil. Whoever is
	// slow loses requests and is told how many. ENotFound when no server answers there.
	Tail(ctx context.Context, f TailFilter, each func(ServedRequest) error) error
}

// TailFilter is which requests a tail tells of; the zero TailFilter: all.
type TailFilter struct {
	Client string // an API client behind the gateway, ignoring case
	Class  int    // of the status: 2 for 2xx … 5 for 5xx
}

// ServerStatus is what a running server tells of itself on its admin socket.
type ServerStatus struct {
	URL       string          `json:"url"`
	Listen    string          `json:"listen"`
	Version   string          `json:"version"`
	PID       int             `json:"pid"`
	StartedAt time.Time       `json:"started_at"`
	Ready     bool            `json:"ready"`
	Problem   string          `json:"problem,omitempty"` // why it is not ready
	FreshAt   time.Time       `json:"fresh_at"`          // when it last read the store
	Aliases   []string        `json:"aliases"`
	KeyID     ID              `json:"key_id"` // of the signing key in use
	Algorithm Algorithm       `json:"algorithm"`
	TLSUntil  *time.Time      `json:"tls_not_after"` // null without TLS
	PerSecond []int           `json:"per_second"`    // requests in each of the last 60 seconds, oldest first
	Totals    ServerTotals    `json:"totals"`
	Refusals  []Refusal       `json:"refusals"`          // by how often, most first
	Recent    []ServedRequest `json:"recent"`            // newest first, at most 200
	Running   int             `json:"transfers_running"` // syncs that this server runs now
	Gateway   []ClientTraffic `json:"gateway"`           // by space and name of the client; those that were asked for
}

// ServerTotals counts since the server started.
type ServerTotals struct {
	Requests uint64 `json:"requests"`
	Tokens   uint64 `json:"tokens"`  // access tokens issued
	API      uint64 `json:"api"`     // calls of the hub API that were answered with 2xx or 3xx
	Refused  uint64 `json:"refused"` // 4xx
	Failed   uint64 `json:"failed"`  // 5xx
}

// Refusal counts one reason for refusing a request, as the log names it: "wrong_secret",
// "user_disabled", "insufficient_scope" …
type Refusal struct {
	Reason string    `json:"reason"`
	Count  uint64    `json:"count"`
	LastAt time.Time `json:"last_at"`
}

// ServedRequest is one request, as the access log has it: no query, no header, no body.
type ServedRequest struct {
	ID       string        `json:"id"`
	At       time.Time     `json:"at"`
	Method   string        `json:"method"`
	Path     string        `json:"path"` // the route; of a known caller's gateway request the path, sanitised and clipped
	Status   int           `json:"status"`
	Client   string        `json:"client_id,omitempty"` // of a known API user
	Space    string        `json:"space,omitempty"`
	Addr     string        `json:"addr"`
	Duration time.Duration `json:"duration_ns"`
	Reason   string        `json:"reason,omitempty"` // why it was refused
	// Upstream is the API client behind the gateway that it was for, "" where it was for none.
	Upstream string `json:"upstream,omitempty"`
	// Lost is how many requests a slow follower of a tail was not told of, before this one.
	Lost uint64 `json:"lost,omitempty"`
}
