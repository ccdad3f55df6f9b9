package authority

import (
	"net/http"
	"strings"

	"ferry/auth/access"
)

// Paths below an issuer.
const (
	tokenPath      = "/oauth2/token" //nolint:gosec // a path
	introspectPath = "/oauth2/introspect"
	revokePath     = "/oauth2/revoke"
	jwksPath       = "/oauth2/jwks"
	openIDPath     = "/.well-known/openid-configuration"
	metadataPath   = "/.well-known/oauth-authorization-server" // what follows the host's name, before an issuer's path
	spacePath      = "/spaces/{space}"
)

// Register adds every route of the authority to mux: those of space default, the same for
// every space, and the aliases. Aliases must have been checked (serving.Check): mux
// panics at one that collides.
func (h *Hub) Register(mux *http.ServeMux) {
	post := func(serve func(*realm, http.ResponseWriter, *http.Request)) http.Handler {
		return h.in(serve, http.MethodPost)
	}
	get := func(document func(*realm) any) http.Handler {
		return h.in(func(m *realm, w http.ResponseWriter, _ *http.Request) { writePublic(w, document(m)) },
			http.MethodGet, http.MethodHead)
	}
	routes := map[string]http.Handler{
		tokenPath:      post((*realm).token),
		introspectPath: post((*realm).introspect),
		revokePath:     post((*realm).end),
		jwksPath:       get(func(m *realm) any { return m.jwks() }),
		openIDPath:     get(func(m *realm) any { return m.metadata() }),
	}
	for path, handler := range routes {
		mux.Handle(path, handler)
		mux.Handle(spacePath+path, handler)
	}
	mux.Handle(metadataPath, routes[openIDPath])
	mux.Handle(metadataPath+spacePath, routes[openIDPath])
	for _, alias := range h.o.Aliases {
		if alias != tokenPath && alias != spacePath+tokenPath {
			mux.Handle(alias, routes[tokenPath])
		}
	}
}

// in finds the space that a path names. Another method is refused with those that are
// allowed, and OPTIONS answered with them.
func (h *Hub) in(serve func(*realm, http.ResponseWriter, *http.Request), methods ...string) http.Handler {
	allow := strings.Join(append(methods, http.MethodOptions), ", ")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m := h.realmFor(r, r.PathValue("space"))
		if m == nil {
			m = &realm{entry: access.From(r)}
			m.refuse(noSuchSpace)
			m.answer(w, &Error{Code: InvalidRequest, Description: "there is no such space", Status: http.StatusNotFound})
			return
		}
		for _, method := range methods {
			if r.Method == method {
				serve(m, w, r)
				return
			}
		}
		if r.Method == http.MethodOptions {
			w.Header().Set("Allow", allow)
			w.WriteHeader(http.StatusNoContent)
			return
		}
		m.answer(w, &Error{
			Code: InvalidRequest, Description: "the endpoint answers " + methods[0] + " only",
			Status: http.StatusMethodNotAllowed, Allow: allow,
		})
	})
}

func (m *realm) token(w http.ResponseWriter, r *http.Request) { m.note(m.endpoint().serve(w, r)) }

func (m *realm) end(w http.ResponseWriter, r *http.Request) { m.note(m.revocation().serve(w, r)) }

// note notes a fault that was answered.
func (m *realm) note(fault *Error) {
	if fault != nil {
		m.refuse(string(fault.Code))
	}
}
