package clients

import (
	"context"

	"ferry/model"
)

// Rotation replaces secrets of a client; nil leaves one as it is.
type Rotation struct {
	ClientSecret  *model.Secret
	Password      *model.Secret
	Key           *model.Secret // PEM, of private_key_jwt
	CertKey       *model.Secret // PEM, of the client certificate
	Cert          string        // PEM, the certificate of a new CertKey; "" keeps the one there is
	ProxyPassword *model.Secret
	Headers       map[string]model.Secret // by header name
	TokenHeaders  map[string]model.Secret // by header name
}

// Rotate replaces stored secrets and drops the cached token. EInvalid when the client
// has no such field, or a new secret is empty or does not fit.
func (s *Service) Rotate(ctx context.Context, space model.Space, id model.ID, r Rotation, confirm string) (model.Client, error) {
	return s.change(ctx, space, id, change{action: "client.rotate-secret", confirm: confirm, apply: func(c *model.Client) error {
		if !c.UsesOAuth() && (r.ClientSecret != nil || r.Password != nil || r.Key != nil || len(r.TokenHeaders) > 0) {
			return model.Invalid([]model.FieldError{{Field: "auth", Message: "the client has no authentication, so it has no such secret"}})
		}
		p := &problems{}
		r.applyTo(p, c)
		checkAssertion(p, &c.Auth.Assertion)
		checkPair(p, &c.TLS)
		checkProxy(p, &c.Transport)
		checkHeaders(p, "headers", c.Headers, nil)
		checkHeaders(p, "token_headers", c.Auth.Headers, tokenHeadersOfFerry)
		return model.Invalid(p.list)
	}})
}

// applyTo puts the new secrets into c.
func (r *Rotation) applyTo(p *problems, c *model.Client) {
	put := func(field string, v *model.Secret, text bool) {
		if v == nil {
			return
		}
		to, has := findSlot(c, field)
		switch {
		case !has, field != "client_secret" && to.needed == "" && !to.value.IsSet():
			p.addf(field, "the client has no such secret: %s", model.Printable(field))
		case !v.IsSet():
			p.addf(field, "the new secret is empty")
		default:
			*to.value = *v
			if text {
				checkSecret(p, field, *v)
			}
		}
	}
	if r.Cert != "" {
		if c.TLS.CertPEM = r.Cert; r.CertKey == nil {
			p.addf("cert_key", "a new certificate needs its private key in the same rotation")
		}
	}
	put("client_secret", r.ClientSecret, true)
	put("password", r.Password, true)
	put("key", r.Key, false)
	put("cert_key", r.CertKey, false)
	put("proxy_password", r.ProxyPassword, true)
	for name, v := range r.Headers {
		put("headers."+name, &v, false)
	}
	for name, v := range r.TokenHeaders {
		put("token_headers."+name, &v, false)
	}
}

// Reveal returns a stored secret of a client and writes to the audit log that it was
// revealed. Field is one of RevealFields, or "headers.NAME" or "token_headers.NAME".
// ENotFound when it is not set.
func (s *Service) Reveal(ctx context.Context, space model.Space, id model.ID, field string) (model.Secret, error) {
	now := s.now()
	entryID := s.newID(now)
	var out model.Secret
	err := s.store.Update(ctx, func(tx model.Tx) error {
		c, err := tx.Clients().Get(space.ID, id)
		if err != nil {
			return err
		}
		out = model.Secret{}
		if found, has := findSlot(&c, field); has {
			out = *found.value
		}
		if !out.IsSet() {
			return model.Errorf(model.ENotFound, "%q has no %s", c.Name, model.Printable(field)).WithField(field)
		}
		return tx.Audit().Append(entry(ctx, space, entryID, now, "secret.reveal", &c, []model.Change{{Field: field}}))
	})
	return out, err
}

// RevealFields are the fields that Reveal takes beside those of headers.
var RevealFields = []string{"client_secret", "password", "key", "cert_key", "proxy_password"}
