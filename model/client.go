package model

import (
	"net"
	"net/url"
	"strings"
	"time"
)

// Client is an API client: a connection to another system's REST API.
type Client struct {
	ID        ID
	Space     ID
	Name      string // 1–64 of letters, digits, '.', '_', '-'; unique in its space ignoring case
	Type      ClientType
	BaseURL   string // absolute http or https, no userinfo, no fragment, no query
	Auth      Auth
	Headers   []Header
	State     State
	Protected bool // whatever changes data asks for the name
	AllowHTTP bool // plain http beyond loopback is allowed
	TLS       TLS
	Transport Transport
	// KeepBodies lets the history keep the bodies of test calls, for replay.
	KeepBodies bool
	// Gateway is how others reach the client through the gateway.
	Gateway  Exposure
	Timeout  time.Duration // of a whole exchange; 0 means DefaultTimeout
	Revision uint64        // counts saves, from 1
	Created  Stamp
	Updated  Stamp
}

// DefaultTimeout bounds a whole exchange with another system when the client does
// not say otherwise. MaxTimeout is the most it may say.
const (
	DefaultTimeout = 30 * time.Second
	MaxTimeout     = 10 * time.Minute
)

// ClientType is what kind of system a client connects to.
type ClientType string

// APIClient is the one type there is so far: a REST or OData API over HTTP.
const APIClient ClientType = "api"

// State says whether a client may be used.
type State string

// A disabled client neither fetches tokens nor makes calls.
const (
	Active   State = "active"
	Disabled State = "disabled"
)

// Stamp is when something was done and by whom.
type Stamp struct {
	At time.Time
	By string
}

// Auth is how a client authenticates.
type Auth struct {
	Method       AuthMethod
	Grant        Grant
	Send         ClientAuth // how client id and secret travel to the token endpoint
	TokenURL     string     // or Issuer
	Issuer       string     // discovers the token URL (RFC 8414, OpenID Connect Discovery)
	ClientID     string
	ClientSecret Secret
	Username     string // with Password: the password grant
	Password     Secret
	Scopes       []string
	Audience     string
	Params       []Param  // extra form parameters of the token request, in order
	Resources    []string // RFC 8707 §2: absolute URIs, each sent as a parameter of its own
	DeviceURL    string   // of the device grant, or discovered (RFC 8628 §3.1)
	Assertion    Assertion
	Headers      []Header // of token requests only
	Place        Place
}

// Assertion is what private_key_jwt signs with (RFC 7523 §2.2).
type Assertion struct {
	Key       Secret            // PEM: PKCS #8, PKCS #1 or SEC 1
	KeyID     string            // the "kid" of the header, or ""
	Algorithm string            // ES256, RS256, PS256 or EdDSA; "" follows from the key
	Audience  AssertionAudience // what "aud" is
}

// AssertionAudience is what the "aud" of an assertion names.
type AssertionAudience string

// The audiences of an assertion. Without an issuer it is always the token URL.
const (
	AudienceIssuer   AssertionAudience = "issuer" // or ""
	AudienceTokenURL AssertionAudience = "token_url"
)

// Place is where the access token stands in API requests. The zero Place is the header
// Authorization with the token's type before it (RFC 6750 §2.1).
type Place struct {
	Header string // another header; the token stands there alone unless Prefix is set
	Prefix string // before the token, with a space between
	Query  string // a query parameter instead of a header: it ends up in logs
}

// Transport is how a client's requests travel, token requests and API requests alike.
type Transport struct {
	Proxy         string // http, https, socks5 or socks5h URL without userinfo; ProxyNone; "" for the environment's
	ProxyUser     string
	ProxyPassword Secret
	Connect       time.Duration // look-up, connect and TLS, each; 0 means 5 s
	FirstByte     time.Duration // 0 means 15 s, and more for a longer Timeout
	UserAgent     string        // "" means ferry's own
	RateLimit     float64       // requests a second; 0: only what Retry-After and RateLimit headers ask for
}

// ProxyNone is the Transport.Proxy that goes direct whatever the environment says.
const ProxyNone = "none"

// AuthMethod is whether and how a client authenticates at all.
type AuthMethod string

// The authentication methods.
const (
	AuthNone   AuthMethod = "none"
	AuthOAuth2 AuthMethod = "oauth2"
)

// Grant is an OAuth 2.0 grant type (RFC 6749 §1.3).
type Grant string

// The grants ferry can use. GrantPassword is legacy: it works, with a warning.
const (
	GrantClientCredentials Grant = "client_credentials" // RFC 6749 §4.4
	GrantPassword          Grant = "password"           // RFC 6749 §4.3
	// GrantDevice asks a person on another device (RFC 8628); its refresh token is kept.
	GrantDevice Grant = "urn:ietf:params:oauth:grant-type:device_code"
)

// ClientAuth is how client credentials travel to the token endpoint (RFC 6749 §2.3.1).
type ClientAuth string

// The ways credentials travel. SendAuto asks the metadata, then memory, then tries
// the header and, on invalid_client only, the body once.
const (
	SendAuto   ClientAuth = "auto"
	SendHeader ClientAuth = "header" // client_secret_basic
	SendBody   ClientAuth = "body"   // client_secret_post
	SendKey    ClientAuth = "key"    // private_key_jwt (RFC 7523)
	SendTLS    ClientAuth = "tls"    // tls_client_auth (RFC 8705 §2)
	SendNone   ClientAuth = "none"   // a public client of the device grant: the id alone
)

// Param is one extra form parameter of a token request.
type Param struct{ Name, Value string }

// Header is one header sent with every API request of a client.
type Header struct {
	Name   string
	Value  Secret
	Secret bool // the value is never shown unless it is revealed
}

// TLS is what a client asks of the other side's certificate. The zero value means
// the system's roots, the host of the URL and TLS 1.2.
type TLS struct {
	CAPEM      string // PEM certificates trusted instead of the system's, or ""
	ServerName string // expected name, or "" for the host of the URL
	MinVersion string // "1.2" (or "") or "1.3"
	CertPEM    string // the client's certificate with its chain, or ""
	KeyPEM     Secret // its private key
	Insecure   bool   // the other side's certificate is not checked: said with a word wherever it matters
}

// IsZero reports whether nothing is set.
func (t TLS) IsZero() bool { return t == TLS{} }

// EffectiveTimeout returns the timeout with the default filled in.
func (c *Client) EffectiveTimeout() time.Duration {
	if c.Timeout <= 0 {
		return DefaultTimeout
	}
	return c.Timeout
}

// UsesOAuth reports whether calls of c carry an access token.
func (c *Client) UsesOAuth() bool { return c.Auth.Method == AuthOAuth2 }

// Secrets returns every secret that is set in c, for redaction.
func (c *Client) Secrets() []Secret {
	var out []Secret
	add := func(s Secret) {
		if s.IsSet() {
			out = append(out, s)
		}
	}
	add(c.Auth.ClientSecret)
	add(c.Auth.Password)
	add(c.Auth.Assertion.Key)
	add(c.TLS.KeyPEM)
	add(c.Transport.ProxyPassword)
	for _, h := range c.Auth.Headers {
		if h.Secret {
			add(h.Value)
		}
	}
	for _, h := range c.Headers {
		if h.Secret {
			add(h.Value)
		}
	}
	return out
}

// Clone returns a deep copy, so that an edit never reaches the original.
func (c *Client) Clone() Client {
	out := *c
	out.Auth.Scopes = append([]string(nil), c.Auth.Scopes...)
	out.Auth.Params = append([]Param(nil), c.Auth.Params...)
	out.Auth.Resources = append([]string(nil), c.Auth.Resources...)
	out.Auth.Headers = append([]Header(nil), c.Auth.Headers...)
	out.Headers = append([]Header(nil), c.Headers...)
	out.Gateway.Origins = append([]string(nil), c.Gateway.Origins...)
	out.Gateway.Methods = append([]string(nil), c.Gateway.Methods...)
	return out
}

// Origin returns scheme://host:port of a URL in lower case with the default port
// spelled out (RFC 6454 §4), or "" when there is none.
func Origin(rawURL string) string {
	u, err := url.Parse(rawURL)
	if err != nil || u.Host == "" {
		return ""
	}
	scheme, port := strings.ToLower(u.Scheme), u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[scheme]
	}
	return scheme + "://" + net.JoinHostPort(strings.ToLower(u.Hostname()), port)
}

// IsLoopback reports whether host (without a port) is localhost or a loopback address.
func IsLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
