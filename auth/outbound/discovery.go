package outbound

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"ferry/auth/wire"
	"ferry/model"
)

// metadataJSON is what is read of RFC 8414 §2 and OpenID Connect Discovery §3.
type metadataJSON struct {
	Issuer        string   `json:"issuer"`
	TokenURL      string   `json:"token_endpoint"`
	RevocationURL string   `json:"revocation_endpoint"`
	JWKSURL       string   `json:"jwks_uri"`
	AuthMethods   []string `json:"token_endpoint_auth_methods_supported"`
	Scopes        []string `json:"scopes_supported"`
	DeviceURL     string   `json:"device_authorization_endpoint"`
	Introspection string   `json:"introspection_endpoint"`
	GrantTypes    []string `json:"grant_types_supported"`
	Algorithms    []string `json:"token_endpoint_auth_signing_alg_values_supported"`
	// WithTLS are the endpoints for clients that show a certificate (RFC 8705 §5).
	WithTLS struct {
		TokenURL      string `json:"token_endpoint"`
		RevocationURL string `json:"revocation_endpoint"`
		DeviceURL     string `json:"device_authorization_endpoint"`
		Introspection string `json:"introspection_endpoint"`
	} `json:"mtls_endpoint_aliases"`
}

// aliased puts the endpoints for clients with a certificate in their places.
func (d *metadataJSON) aliased() {
	for to, from := range map[*string]string{
		&d.TokenURL: d.WithTLS.TokenURL, &d.RevocationURL: d.WithTLS.RevocationURL,
		&d.DeviceURL: d.WithTLS.DeviceURL, &d.Introspection: d.WithTLS.Introspection,
	} {
		if from != "" {
			*to = from
		}
	}
}

// Discover reads the metadata of the client's issuer: first where RFC 8414 §3.1 puts
// it, then where OpenID Connect Discovery §4 does. No credential is sent, and no
// redirect followed. EInvalid with field "issuer" when the document is another
// issuer's (RFC 8414 §3.3), or names a token URL that must not be used.
func (s *Source) Discover(ctx context.Context, c model.Client) (model.Metadata, error) {
	issuer := c.Auth.Issuer
	u, err := wire.CheckURL(&c, issuer, "issuer")
	if err != nil {
		return model.Metadata{}, err
	}
	if u.RawQuery != "" || u.Fragment != "" {
		return model.Metadata{}, model.Errorf(model.EInvalid, "an issuer has no query and no fragment").WithField("issuer")
	}
	ctx, cancel := s.pool.Bound(ctx, &c)
	defer cancel()
	var says error
	for _, at := range metadataURLs(u) {
		doc, status, err := s.metadata(ctx, &c, at)
		switch {
		case err == nil:
			return checkMetadata(&c, doc)
		case status == 0:
			return model.Metadata{}, err // the network: the other place is on the same host
		case says == nil || status != http.StatusNotFound:
			says = err // whatever was there says more than "not found"
		}
	}
	return model.Metadata{}, says
}

// metadataURLs are the two places, in the order in which they are tried. RFC 8414
// puts the well-known part before the issuer's path, OpenID after it.
func metadataURLs(issuer *url.URL) []*url.URL {
	path := strings.TrimSuffix(issuer.EscapedPath(), "/")
	at := func(p string) *url.URL {
		u := *issuer
		u.RawPath = p
		u.Path, _ = url.PathUnescape(p) // the escapes are the issuer's own
		return &u
	}
	return []*url.URL{
		at("/.well-known/oauth-authorization-server" + path),
		at(path + "/.well-known/openid-configuration"),
	}
}

// metadata reads one document. A status of 0 means that no answer came.
func (s *Source) metadata(ctx context.Context, c *model.Client, u *url.URL) (doc metadataJSON, status int, err error) {
	a, who, err := s.get(ctx, c, u, target(c, "issuer", "--issuer URL"))
	if err != nil {
		return doc, 0, err
	}
	bad := func(what string) error {
		return model.Errorf(model.EUpstream, "%s answered %d %s at %s", who, a.Status, what, wire.RedactorFor(c).Line(u.Path, 200)).
			WithNext("check the issuer, or give the token URL itself: %s", update(c, "--token-url URL"))
	}
	if a.Status != http.StatusOK {
		return doc, a.Status, bad("instead of its metadata")
	}
	// A member of the wrong type is as good as absent: many are of no use here anyway.
	var odd *json.UnmarshalTypeError
	if err := json.Unmarshal(a.Body, &doc); err != nil && !errors.As(err, &odd) || doc.Issuer == "" {
		return doc, a.Status, bad("with something that is no metadata")
	}
	return doc, a.Status, nil
}

// get reads a public document of at most MaxTokenBody bytes.
func (s *Source) get(ctx context.Context, c *model.Client, u *url.URL, t wire.Target) (wire.Answer, string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return wire.Answer{}, "", model.Errorf(model.EInvalid, "the URL of %s cannot be used", t.What)
	}
	s.decorate(req.Header)
	a, _, err := s.pool.Send(ctx, wire.Call{Client: c, Target: t, Request: req, Limit: model.MaxTokenBody, Strict: true, Now: s.now})
	return a, t.At(u.Host), err
}

func checkMetadata(c *model.Client, doc metadataJSON) (model.Metadata, error) {
	red := wire.RedactorFor(c)
	if doc.Issuer != c.Auth.Issuer {
		return model.Metadata{}, model.Errorf(model.EInvalid, "the metadata is of the issuer %q, not of %q", red.Line(doc.Issuer, 200), red.Line(c.Auth.Issuer, 200)).
			WithField("issuer").WithNext("write the issuer exactly as the server does: %s", update(c, "--issuer URL"))
	}
	if c.Auth.Send == model.SendTLS {
		doc.aliased()
	}
	if doc.TokenURL == "" {
		return model.Metadata{}, model.Errorf(model.EUpstream, "the metadata of %s names no token endpoint", red.Line(doc.Issuer, 200)).
			WithNext("give the token URL itself: %s", update(c, "--token-url URL"))
	}
	if _, err := wire.CheckURL(c, doc.TokenURL, "issuer"); err != nil {
		return model.Metadata{}, err
	}
	// What is of use but not needed is left out rather than refused.
	usable := func(raw string) string {
		if _, err := wire.CheckURL(c, raw, ""); err != nil {
			return ""
		}
		return raw
	}
	return model.Metadata{
		Issuer: doc.Issuer, TokenURL: doc.TokenURL, RevocationURL: usable(doc.RevocationURL), JWKSURL: usable(doc.JWKSURL),
		DeviceURL: usable(doc.DeviceURL), Introspection: usable(doc.Introspection),
		AuthMethods: lines(red, doc.AuthMethods), GrantTypes: lines(red, doc.GrantTypes),
		Algorithms: lines(red, doc.Algorithms), Scopes: lines(red, doc.Scopes),
	}, nil
}

// maxListed is how many members of a list in the metadata are kept: a person is to
// choose among them.
const maxListed = 200

func lines(red *wire.Redactor, in []string) []string {
	if in == nil {
		return nil // absent, which is not the same as none
	}
	out := []string{}
	for _, s := range in[:min(len(in), maxListed)] {
		out = append(out, red.Line(s, 200))
	}
	return out
}
