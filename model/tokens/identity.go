package tokens

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"strconv"

	"ferry/model"
)

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
