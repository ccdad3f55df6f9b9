package sandbox

import (
	"context"
	"net/http"

	"ferry/auth/authority"
)

// The names of the systems that check access tokens.
const (
	hrRealm     = "hr"
	ordersRealm = "analytics"
	erpRealm    = "erp"
)

// only identifies one client, which is all a system here has.
func only(c authority.Client, secret string) authority.Identify {
	c.Secrets = [][32]byte{authority.SHA256(secret)}
	return authority.Known(func(_ context.Context, id string) (authority.Client, bool) {
		if id != c.ID {
			return authority.Client{}, false
		}
		return c, true
	}, authority.SHA256)
}

// hrEndpoint takes id and secret in the form only, as the HR systems of this kind do.
func hrEndpoint(t *tokens) *authority.Endpoint {
	grants := authority.Grants(authority.ClientCredentials{})
	return &authority.Endpoint{
		Authenticator: authority.Authenticator{
			Identify: only(authority.Client{ID: hrID, Grants: grants.Types()}, hrSecret),
			Methods:  []authority.Method{authority.Post},
		},
		Grants: grants, Issue: t.opaque(hrRealm),
	}
}

func analyticsAuthenticator(grants authority.Table) authority.Authenticator {
	scopes := []string{analyticsScope}
	return authority.Authenticator{
		Identify: only(authority.Client{
			ID: analyticsID, Grants: grants.Types(), Scopes: scopes, Required: scopes,
		}, analyticsSecret),
		Methods: []authority.Method{authority.Basic, authority.Post},
	}
}

func analyticsEndpoint(t *tokens) *authority.Endpoint {
	grants := authority.Grants(authority.ClientCredentials{})
	return &authority.Endpoint{
		Authenticator: analyticsAuthenticator(grants), Grants: grants, Issue: t.jwt(ordersRealm),
	}
}

func analyticsRevocation(t *tokens) *authority.Revocation {
	return &authority.Revocation{
		Authenticator: analyticsAuthenticator(authority.Table{}), Revoke: t.revoke(ordersRealm),
	}
}

func erpEndpoint(t *tokens) *authority.Endpoint {
	password := authority.SHA256(erpPassword)
	grants := authority.Grants(authority.Password{
		Digest: authority.SHA256,
		Users: func(_ context.Context, name string) ([32]byte, bool) {
			return password, name == erpUser
		},
	})
	return &authority.Endpoint{
		Authenticator: authority.Authenticator{
			Identify: only(authority.Client{ID: erpID, Grants: grants.Types()}, erpSecret),
			Methods:  []authority.Method{authority.Basic, authority.Post},
		},
		Grants: grants, Issue: t.opaque(erpRealm),
	}
}

// metadata answers for the analytics realm as RFC 8414 §3 and OpenID Connect
// Discovery §4 say.
func metadata(url string) http.HandlerFunc {
	methods := []authority.Method{authority.Basic, authority.Post}
	doc := authority.Metadata{
		Issuer:     url + analyticsRealm,
		Token:      url + analyticsToken,
		Revocation: url + analyticsRevoke,
		JWKS:       url + "/jwks",
		GrantTypes: []string{"client_credentials"}, ResponseTypes: []string{}, Scopes: []string{analyticsScope},
		TokenAuthMethods: methods, RevocationAuthMethods: methods,
	}
	return func(w http.ResponseWriter, _ *http.Request) { reply(w, http.StatusOK, doc) }
}
