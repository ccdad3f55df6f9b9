package model

import (
	"context"
	"time"
)

// GatewayRule narrows what one API user may do with one client through the gateway. It
// gives nothing by itself: the user needs the permission call:CLIENT. Without a rule that
// permission is for every method and path.
type GatewayRule struct {
	Space     ID
	User      ID
	Client    ID
	ReadOnly  bool     // GET, HEAD and OPTIONS alone, whatever Methods says
	Methods   []string // in upper case, sorted; empty: all
	Paths     []string // patterns below the client's base URL; empty: all. See gateway.Match
	PerSecond float64  // requests a second; 0: no limit
	PerDay    int64    // requests a day, counted in UTC by each server; 0: no limit
	MaxBody   int64    // bytes of a request's body; 0: DefaultGatewayBody
	Revision  uint64   // counts saves, from 1, or on from a rule that was removed before
	Created   Stamp
	Updated   Stamp
}

// Exposure is how a client is reached through the gateway, for every caller alike.
type Exposure struct {
	Origins  []string // web pages that may call it (CORS), as "https://app.example.com"; empty: none
	Methods  []string // those that such a page may use; empty: GET, HEAD and POST
	Upgrades bool     // WebSocket and other upgrades pass
	Cookies  bool     // Set-Cookie of the upstream reaches the caller
	Realm    bool     // WWW-Authenticate and the like of the upstream reach the caller
}

// IsZero reports whether nothing is set.
func (e *Exposure) IsZero() bool {
	return len(e.Origins) == 0 && len(e.Methods) == 0 && !e.Upgrades && !e.Cookies && !e.Realm
}

// Limits of the gateway.
const (
	DefaultGatewayBody = 64 << 20 // bytes of a request's body
	MaxGatewayBody     = 16 << 30
	MaxGatewayPaths    = 64  // patterns of one rule
	MaxGatewayPattern  = 256 // bytes of one
	MaxGatewayOrigins  = 32  // of one client
	MaxGatewayMethods  = 32  // of one rule or client
)

// Courier lets requests of others travel with a client's credentials, for as long as its
// context lives. It is safe for use by many goroutines.
type Courier interface {
	// Pass returns the client as it is stored now and a token to send with its requests (the
	// zero Token where it uses none). EDisabled, ENotFound, EIncomplete, and whatever fetching a
	// token may return. It costs no transaction unless something changed.
	Pass(ctx context.Context) (Client, Token, error)
	// Refused says that the API answered 401 to this token: the next Pass has another.
	Refused(ctx context.Context, t Token) error
	// Note remembers for lists how the last request ended; it returns at once.
	Note(at time.Time, status int, code Code)
}

// ClientTraffic is what a running server tells of one client behind its gateway.
type ClientTraffic struct {
	Client    string        `json:"client"`
	Space     string        `json:"space"`
	Requests  uint64        `json:"requests"`   // since the server started
	PerSecond []int         `json:"per_second"` // in each of the last 60 seconds, oldest first
	Failed    uint64        `json:"failed"`     // answered 5xx, by the upstream or for it
	Refused   uint64        `json:"refused"`    // by a rule
	P50       time.Duration `json:"p50_ns"`     // of the last 1,000 requests
	P99       time.Duration `json:"p99_ns"`
	Breaker   BreakerState  `json:"breaker"`
	OpenUntil *time.Time    `json:"open_until"` // of an open breaker, else null
}

// BreakerState is whether requests go to an upstream.
type BreakerState string

// The states of a circuit breaker.
const (
	BreakerClosed   BreakerState = "closed"    // they do
	BreakerOpen     BreakerState = "open"      // it failed too often: they are answered at once
	BreakerHalfOpen BreakerState = "half-open" // one goes, to see whether it works again
)
