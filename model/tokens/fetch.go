package tokens

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"slices"
	"strconv"

	"ferry/model"
)

// fetch asks the token endpoint: once, or twice when the way to send credentials is
// *auto*, nothing is known about the endpoint, and it answers invalid_client to the
// header. A 503 or a time-out is never asked a second time.
func (s *Service) fetch(ctx context.Context, c *model.Client, worked model.ClientAuth) (model.Token, model.Exchange, error) {
	req := model.TokenRequest{Client: *c, TokenURL: c.Auth.TokenURL, Send: c.Auth.Send}
	var meta model.Metadata
	if req.TokenURL == "" {
		var err error
		if meta, err = s.source.Discover(ctx, *c); err != nil {
			return model.Token{}, model.Exchange{At: s.now(), Failure: model.AsError(err).Message}, err
		}
		req.TokenURL = meta.TokenURL
	}
	if req.Send != model.SendAuto {
		return s.source.Fetch(ctx, req)
	}
	send, known := chooseSend(meta, worked)
	req.Send = send
	token, exchange, err := s.source.Fetch(ctx, req)
	var refusal *model.GrantError
	if known || !errors.As(err, &refusal) || refusal.Code != "invalid_client" || !c.Auth.ClientSecret.IsSet() {
		return token, exchange, err
	}
	req.Send = model.SendBody
	return s.source.Fetch(ctx, req)
}

// chooseSend decides how *auto* sends credentials, and whether that is known: what
// the metadata says, else what worked last, else the header. Metadata without the
// member means the header (RFC 8414 §2).
func chooseSend(meta model.Metadata, worked model.ClientAuth) (send model.ClientAuth, known bool) {
	switch {
	case slices.Contains(meta.AuthMethods, "client_secret_basic"):
		return model.SendHeader, true
	case slices.Contains(meta.AuthMethods, "client_secret_post"):
		return model.SendBody, true
	case worked == model.SendHeader, worked == model.SendBody:
		return worked, true
	}
	return model.SendHeader, false
}

// Identity is the digest of everything that decides which token a client gets: where
// it asks, what it asks for, and a fingerprint of every credential. A token cached
// under another identity is not used.
func Identity(c *model.Client) string {
	h := sha256.New()
	put := func(parts ...string) {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(parts)))
		h.Write(n[:])
		for _, p := range parts {
			binary.BigEndian.PutUint64(n[:], uint64(len(p)))
			h.Write(n[:])
			h.Write([]byte(p))
		}
	}
	a := &c.Auth
	put(string(c.ID), string(a.Method), string(a.Grant), string(a.Send), a.TokenURL, a.Issuer, a.ClientID,
		a.ClientSecret.Reveal(), a.Username, a.Password.Reveal(), a.Audience,
		c.TLS.CAPEM, c.TLS.ServerName, c.TLS.MinVersion, model.Origin(c.BaseURL))
	put(a.Scopes...)
	for _, p := range a.Params {
		put(p.Name, p.Value)
	}
	k, t := &a.Assertion, &c.Transport
	put(a.DeviceURL, k.Key.Reveal(), k.KeyID, k.Algorithm, string(k.Audience),
		c.TLS.CertPEM, c.TLS.KeyPEM.Reveal(), strconv.FormatBool(c.TLS.Insecure),
		t.Proxy, t.ProxyUser, t.ProxyPassword.Reveal())
	put(a.Resources...)
	for _, h := range a.Headers {
		put(h.Name, h.Value.Reveal())
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Try fetches a token for a client that is not saved, caching and remembering nothing.
func (s *Service) Try(ctx context.Context, c *model.Client) (Result, error) {
	if err := usable(c); err != nil {
		return Result{}, err
	}
	token, exchange, err := s.fetch(ctx, c, "")
	return Result{Token: token, Exchange: exchange}, err
}
