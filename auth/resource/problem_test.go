package resource

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"ferry/auth/access"
	"ferry/model"
)

// What went wrong inside is for the log of the hub, not for a caller.
func TestACauseIsLoggedAndNotAnswered(t *testing.T) {
	var log bytes.Buffer
	was := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
	defer slog.SetDefault(was)
	for _, err := range []error{
		errors.New("the disk burns"),
		model.Errorf(model.EBusy, "another process holds the store").WithCause(errors.New("the disk burns")),
	} {
		log.Reset()
		w := httptest.NewRecorder()
		entry := &access.Entry{ID: "r1", Route: "/restApi/clients"}
		r := access.With(httptest.NewRequestWithContext(context.Background(), http.MethodGet, "/restApi/clients", nil), entry)
		refuse(w, r, err)
		if w.Code < 500 || strings.Contains(w.Body.String(), "burns") || strings.Contains(w.Body.String(), "log-file") {
			t.Errorf("%d %s", w.Code, w.Body)
		}
		if !strings.Contains(log.String(), "the disk burns") || !strings.Contains(log.String(), "request=r1") || entry.Reason == "" {
			t.Errorf("logged %s, reason %q", &log, entry.Reason)
		}
		if (w.Code == http.StatusServiceUnavailable) != (w.Header().Get("Retry-After") != "") {
			t.Errorf("%d %v", w.Code, w.Header())
		}
	}
}

func TestTheAccessEntryNamesWhoAskedAndWhy(t *testing.T) {
	k := newKit(t)
	k.user(k.hub.Space, "robot", "clients:view")
	mux := http.NewServeMux()
	k.api.Register(mux)
	for _, c := range []struct{ token, method, path, client, space, route, reason string }{
		{"robot", "GET", "/restApi/clients/", "robot", "default", "/restApi/clients", ""},
		{"robot", "GET", "/restApi/keys", "robot", "default", "/restApi/keys", "insufficient_scope"},
		{"robot", "GET", "/restApi/clients/x", "robot", "default", "/restApi/clients/{id}", "not_found"},
		{"robot", "GET", "/odata/v4/Clients", "robot", "default", "/odata/v4/Clients", ""},
		{"", "GET", "/restApi/clients", "", "", "/restApi/clients", "no_token"},
		{"nobody", "GET", "/restApi/clients", "", "", "/restApi/clients", "invalid_token"},
		{"robot", "TRACE", "/restApi/clients", "", "", "", "method_not_allowed"},
	} {
		entry := &access.Entry{}
		r := access.With(httptest.NewRequestWithContext(context.Background(), c.method, c.path, nil), entry)
		if c.token != "" {
			r.Header.Set("Authorization", "Bearer "+c.token)
		}
		mux.ServeHTTP(httptest.NewRecorder(), r)
		if entry.Client != c.client || entry.Space != c.space || entry.Route != c.route || entry.Reason != c.reason {
			t.Errorf("%+v: %+v", c, entry)
		}
	}
}

// Rules name flags; whoever calls the API knows members.
func TestFlagsAreNamedAsMembers(t *testing.T) {
	for message, want := range map[string]string{
		"plain http is refused (--allow-http)": "plain http is refused (allow_http)",
		"the value of --since-param is needed": "the value of since_param is needed",
		"--batch":                              "batch",
		"only with --upsert, or --create-path": "only with upsert, or create_path",
		"a--b and -- c and --9 are no flags":   "a--b and -- c and --9 are no flags",
		"nothing to be said":                   "nothing to be said",
	} {
		if got := reworded(message); got != want {
			t.Errorf("%q became %q, want %q", message, got, want)
		}
	}
}
