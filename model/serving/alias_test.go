package serving_test

import (
	"net/http"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"ferry/model"
	"ferry/model/serving"
)

// hubRoutes are patterns like those that a server has beside its aliases.
var hubRoutes = []string{
	"POST /oauth2/token", "POST /spaces/{space}/oauth2/token", "GET /oauth2/jwks", "/restApi/{resource}/{id...}", "/hooks/{id}",
	"GET /odata/v4/{set}", "GET /openapi.json", "GET /.well-known/oauth-authorization-server/spaces/{space}", "GET /healthz", "/",
}

// Aliases that Check lets pass can be routes of one server, and lead where they say.
func TestAliasesAreRoutes(t *testing.T) {
	segment := rapid.SampledFrom([]string{
		"a", "b", serving.SpaceSegment, "oauth2", "spaces", "restApi", "odata", "hooks", ".well-known", "token", "..", "", "x~y", "{id}", "%2e", "a b",
	})
	alias := rapid.Custom(func(t *rapid.T) string {
		return "/" + strings.Join(rapid.SliceOfN(segment, 1, 4).Draw(t, "segments"), "/")
	})
	rapid.Check(t, func(t *rapid.T) {
		aliases := rapid.SliceOfN(alias, 1, 6).Draw(t, "aliases")
		if serving.Check(model.ServeConfig{Aliases: aliases}) != nil {
			return
		}
		mux := http.NewServeMux()
		for _, r := range hubRoutes {
			mux.Handle(r, http.NotFoundHandler())
		}
		for _, a := range aliases {
			mux.Handle("POST "+a, http.NotFoundHandler()) // panics for a pattern that cannot be
		}
		for _, a := range aliases {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, strings.ReplaceAll(a, serving.SpaceSegment, "north"), http.NoBody)
			if err != nil {
				t.Fatal(err)
			}
			if _, pattern := mux.Handler(r); pattern != "POST "+a {
				t.Fatalf("a request for %s goes to %s", a, pattern)
			}
		}
	})
}
