package sandbox

import (
	"encoding/json"
	"net/http"
	"slices"
	"sort"
	"strings"
	"testing"
)

func TestEveryClientCallsEveryPath(t *testing.T) {
	b := start(t)
	var names []string
	for _, c := range b.Clients() {
		names = append(names, c.Name)
		for _, path := range c.Paths {
			a := b.do(http.MethodGet, c.BaseURL+path, "", b.auth(c.Name)...).want(t, http.StatusOK)
			if empty := path == "/erp/mirror"; !json.Valid(a.body) || len(a.body) < 100 && !empty {
				t.Errorf("%s %s: %s", c.Name, path, a.body)
			}
			if got := b.do(http.MethodGet, c.BaseURL+path, "").want(t, http.StatusUnauthorized); got.Header.Get("WWW-Authenticate") == "" {
				t.Errorf("%s: a 401 without a challenge", path)
			}
		}
	}
	if want := []string{"hr", "analytics", "erp", "erp-secure"}; !slices.Equal(names, want) {
		t.Errorf("clients %v, want %v", names, want)
	}
}

func TestClientsHaveExactlyTheKeysScriptsRelyOn(t *testing.T) {
	b := start(t)
	text, err := json.Marshal(b.Clients()[0])
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(text, &fields); err != nil {
		t.Fatal(err)
	}
	var keys []string
	for k := range fields {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	want := "base_url client_id client_secret headers name password paths scope token_url username"
	if got := strings.Join(keys, " "); got != want {
		t.Errorf("keys %s, want %s", got, want)
	}
	if string(fields["headers"]) != "{}" {
		t.Errorf("headers %s, want an object", fields["headers"])
	}
}
