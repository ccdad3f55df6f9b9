package authority

import (
	"encoding/json"
	"net/http"

	"ferry/model"
)

// Metadata describes an authorization server (RFC 8414 §2). There is no authorization
// endpoint: nobody signs in here.
type Metadata struct {
	GrantTypes               []string `json:"grant_types_supported"`
	Introspection            string   `json:"introspection_endpoint,omitempty"`
	IntrospectionAuthMethods []Method `json:"introspection_endpoint_auth_methods_supported,omitempty"`
	Issuer                   string   `json:"issuer"`
	JWKS                     string   `json:"jwks_uri"`
	ResponseTypes            []string `json:"response_types_supported"` // required, and none: it must be []
	Revocation               string   `json:"revocation_endpoint"`
	RevocationAuthMethods    []Method `json:"revocation_endpoint_auth_methods_supported"`
	Scopes                   []string `json:"scopes_supported"`
	Token                    string   `json:"token_endpoint"`
	TokenAuthMethods         []Method `json:"token_endpoint_auth_methods_supported"`
}

// metadata describes the realm. Call permissions are scopes too, but which clients there
// are is nobody's business.
func (m *realm) metadata() Metadata {
	issuer := m.hub.issuer(m.space)
	doc := Metadata{
		Issuer: issuer, Token: issuer + tokenPath, TokenAuthMethods: secretMethods, GrantTypes: m.hub.types,
		ResponseTypes: []string{}, JWKS: issuer + jwksPath,
		Introspection: issuer + introspectPath, IntrospectionAuthMethods: []Method{Basic, Post, Bearer},
		Revocation: issuer + revokePath, RevocationAuthMethods: secretMethods,
	}
	for _, p := range model.Permissions() {
		doc.Scopes = append(doc.Scopes, string(p))
	}
	return doc
}

// jwks are the keys that a token of this hub may be signed with now (RFC 9068 §4).
func (m *realm) jwks() KeySet { return JWKS(m.hub.ringOf(m.dir).published(m.now)...) }

// writePublic answers a document that anybody may read and keep for five minutes, half of
// how long a new signing key is published before it is used.
func writePublic(w http.ResponseWriter, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		fail(ServerError, "the document could not be made").Write(w)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "public, max-age=300")
	_, _ = w.Write(body) // net/http leaves the body of a HEAD out
}
