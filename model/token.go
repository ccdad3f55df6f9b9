package model

import "time"

// Token is an access token as a token endpoint issued it (RFC 6749 §5.1).
type Token struct {
	Access  Secret
	Type    string // "Bearer" unless the endpoint said otherwise
	Scope   string // what was granted; the requested scope when the endpoint did not say
	Fetched time.Time
	Expires time.Time // zero: the endpoint gave no usable lifetime
	SentAs  ClientAuth
	// Refresh is kept for the device grant only (RFC 6749 §6).
	Refresh Secret
}

// Life returns how long the token lives in all, 0 when that is unknown.
func (t Token) Life() time.Duration {
	if t.Expires.IsZero() {
		return 0
	}
	return t.Expires.Sub(t.Fetched)
}

// RenewAt returns when the token is renewed: 10 % of its life before the end, at
// least 10 s and at most 60 s, never more than half of its life. It is zero when
// the end is unknown.
func (t Token) RenewAt() time.Time {
	life := t.Life()
	if life <= 0 {
		return t.Expires
	}
	early := min(max(life/10, 10*time.Second), 60*time.Second)
	return t.Expires.Add(-min(early, life/2))
}

// Fresh reports whether the token can be used at now without renewing it. A token
// of unknown lifetime is used for five minutes, or until it is refused.
func (t Token) Fresh(now time.Time) bool {
	if !t.Access.IsSet() || now.Before(t.Fetched.Add(-ClockSkew)) {
		return false
	}
	if t.Expires.IsZero() {
		return now.Before(t.Fetched.Add(UnknownLifetime))
	}
	return now.Before(t.RenewAt())
}

// ClockSkew is how far clocks may differ. UnknownLifetime is how long a token is
// kept whose endpoint said nothing usable about expiry.
const (
	ClockSkew       = 30 * time.Second
	UnknownLifetime = 5 * time.Minute
)

// TokenState is the one cached token state of a client: run-time state that never
// conflicts with an edit. It counts only while Identity is the client's own.
type TokenState struct {
	Client   ID
	Identity string // digest of URL, grant, scopes, audience, parameters and every credential
	Token    Token
	Exchange Exchange   // the last exchange with the token endpoint, masked
	Failed   *Failure   // the last fetch failed
	Rejected bool       // the endpoint rejected this very secret: not sent again until edited
	WorkedAs ClientAuth // with SendAuto: what worked last at this endpoint
	Recent   []Exchange // the last exchanges, Exchange among them, newest first, at most MaxRecent
}

// MaxRecent is how many exchanges with a token endpoint are remembered for each client.
const MaxRecent = 5

// Failure is a remembered failure to fetch a token: waiters and quick retries get
// it back instead of asking again before Until.
type Failure struct {
	Code    Code
	Message string
	Next    string
	Until   time.Time
}

// TokenRequest is what a TokenSource needs to fetch one token.
type TokenRequest struct {
	Client   Client
	TokenURL string
	Send     ClientAuth // never SendAuto
	Issuer   string     // for the audience of an assertion, when it is known
	// Device and Refresh turn the request into a poll of the device grant or a refresh.
	Device  Secret
	Refresh Secret
}

// DeviceCode is what a person needs to allow a client of the device grant (RFC 8628 §3.2).
type DeviceCode struct {
	Code        Secret
	UserCode    string // sanitised
	URL         string // sanitised; where the person types UserCode
	URLComplete string // sanitised; the same with the code in it, or ""
	Expires     time.Time
	Interval    time.Duration // between polls
}

// Metadata is what discovery found out about an authorization server (RFC 8414 §2).
type Metadata struct {
	Issuer        string
	TokenURL      string
	RevocationURL string
	JWKSURL       string
	AuthMethods   []string // token_endpoint_auth_methods_supported; nil when absent
	DeviceURL     string   // device_authorization_endpoint
	Introspection string   // introspection_endpoint
	GrantTypes    []string // grant_types_supported; nil when absent
	Algorithms    []string // token_endpoint_auth_signing_alg_values_supported
	Scopes        []string
}

// Claims is an access token decoded for a person to read.
type Claims struct {
	Opaque  bool   // not a JWT
	Header  string // JSON, indented and sanitised
	Payload string // JSON, indented and sanitised
	Verdict Verdict
	Detail  string // why the verdict is what it is
}

// Verdict is what is known about a token's signature.
type Verdict string

// The verdicts on a signature.
const (
	VerdictOpaque     Verdict = "opaque"       // there is nothing to verify
	VerdictUnverified Verdict = "not verified" // the keys are not known
	VerdictValid      Verdict = "valid"        // verified against the issuer's JWKS
	VerdictInvalid    Verdict = "invalid"
)
