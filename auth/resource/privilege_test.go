package resource

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"ferry/model"
)

// bodies are what a request of each route with a body can be sent, by its schema.
var bodies = map[string]string{
	"ClientInput":  `{"name":"made","base_url":"https://made.example.com"}`,
	"ClientPatch":  `{"timeout":"7s"}`,
	"APIUserInput": `{"username":"made"}`,
	"APIUserPatch": `{"description":"x"}`,
	"KeyRequest":   `{"user":"nobody"}`,
	"KeyRotation":  `{}`,
	"KeyInput":     `{"label":"x"}`,
	"KeyPatch":     `{"label":"x"}`,
	"SpaceInput":   `{"name":"made"}`,
	"SpacePatch":   `{"protected":true}`,
	"SyncInput":    `{"name":"made","source":{"client":"target","path":"/a"},"target":{"client":"target","path":"/b"},"sync":{"key":"id"}}`,
	"SyncPatch":    `{"jq":".a"}`,

	"GatewayRuleInput": `{"read_only":true}`,
}

// request returns method, path and body with which a route does something for whoever may.
func request(t *testing.T, r *Route, ids map[string]string) (path, body string) {
	t.Helper()
	path = strings.ReplaceAll(r.Pattern, "{$}", "")
	if area := strings.Split(path, "/"); strings.Contains(path, "{id}") {
		of := area[2]
		if area[1] == "hooks" {
			of = areaTransfers
		}
		path = strings.ReplaceAll(path, "{id}", ids[of])
	}
	path = strings.NewReplacer("{user}", ids[areaUsers], "{client}", ids[areaClients]).Replace(path)
	if r.Request != nil {
		if body = bodies[r.Request.Name]; body == "" {
			t.Fatalf("%s %s: the test knows no body for %s", r.Method, r.Pattern, r.Request.Name)
		}
	}
	return path, body
}

// targets makes one record of each kind, for the privilege tests to aim at.
func (k *kit) targets() map[string]string {
	u := k.user(k.hub.Space, "target")
	c := k.client(k.hub.Space, "target")
	key := k.key(k.hub.Space, u, "target")
	tr := k.sync(k.hub.Space, "target", "target", "target")
	sp := k.space("target")
	entries, _, err := k.hub.Audit.List(k.ctx(), k.hub.Space, "", 1)
	if err != nil {
		k.t.Fatal(err)
	}
	return map[string]string{
		"clients": string(c.ID), "apiUsers": string(u.ID), "keys": string(key.Key.ID), "spaces": string(sp.ID), "audit": string(entries[0].ID),
		"transfers": string(tr.ID),
	}
}

// For each permission, a user that has all the others is refused, and the store is as it
// was; a user that has only this one is let through. Made from the table of routes.
func TestEachRouteNeedsItsPermissionAndNoOther(t *testing.T) {
	k := newKit(t)
	ids := k.targets()
	for _, p := range model.Permissions() {
		others := slices.DeleteFunc(all(), func(o string) bool { return o == string(p) })
		const call = "call:target" // whoever makes a sync may call its clients itself
		k.user(k.hub.Space, "without-"+strings.ReplaceAll(string(p), ":", "-"), append(others, call)...)
		k.user(k.hub.Space, "only-"+strings.ReplaceAll(string(p), ":", "-"), string(p), call)
	}
	k.user(k.hub.Space, "nothing")
	tried := 0
	for _, r := range k.api.Routes() {
		path, body := request(t, &r, ids)
		if r.Public {
			if r.Pattern != "/openapi.json" {
				t.Errorf("%s %s is open to everybody", r.Method, r.Pattern)
			}
			continue
		}
		if got := k.do("", r.Method, path, body); got.StatusCode != http.StatusUnauthorized || !strings.HasPrefix(got.Header.Get("WWW-Authenticate"), "Bearer") {
			t.Errorf("%s %s without a token: %d", r.Method, r.Pattern, got.StatusCode)
		}
		if r.Permission == "" {
			if !strings.HasPrefix(r.Pattern, odataPath) && !r.Hidden {
				t.Errorf("%s %s needs no permission", r.Method, r.Pattern)
			}
			if got := k.do("nothing", r.Method, path, body); got.StatusCode == http.StatusForbidden {
				t.Errorf("%s %s: %d", r.Method, r.Pattern, got.StatusCode)
			}
			continue
		}
		tried++
		name := strings.ReplaceAll(string(r.Permission), ":", "-")
		before := k.sequence()
		for _, path := range []string{path, path + "?confirm=target", path + "/"} {
			if !strings.HasPrefix(r.Pattern, restPath) && path != strings.TrimRight(path, "/") {
				continue
			}
			got := k.do("without-"+name, r.Method, path, body)
			if got.StatusCode != http.StatusForbidden {
				t.Errorf("%s %s: %d for a user without %s", r.Method, path, got.StatusCode, r.Permission)
			}
			challenge := got.Header.Get("WWW-Authenticate")
			if !strings.Contains(challenge, `error="insufficient_scope"`) || !strings.Contains(challenge, `scope="`+string(r.Permission)+`"`) {
				t.Errorf("%s %s: challenge %s", r.Method, path, challenge)
			}
		}
		if after := k.sequence(); after != before {
			t.Errorf("%s %s: the store changed from %d to %d", r.Method, r.Pattern, before, after)
		}
	}
	// In a second round, since these requests do what they ask for: reads, then changes.
	routes := k.api.Routes()
	slices.SortStableFunc(routes, func(a, b Route) int { return strings.Compare(rank(a.Method), rank(b.Method)) })
	for _, r := range routes {
		if r.Public || r.Permission == "" {
			continue
		}
		path, body := request(t, &r, ids)
		if r.Method == http.MethodDelete {
			path += "?confirm=made" // PUT has renamed it
			if r.Pattern == restPath+"/keys/{id}" {
				path = strings.TrimSuffix(path, "?confirm=made")
			}
		}
		got := k.do("only-"+strings.ReplaceAll(string(r.Permission), ":", "-"), r.Method, path, body)
		if got.StatusCode == http.StatusUnauthorized || got.StatusCode == http.StatusForbidden {
			t.Errorf("%s %s: %d for a user with %s: %s", r.Method, path, got.StatusCode, r.Permission, got.body)
		}
	}
	if tried < 30 {
		t.Errorf("only %d routes were tried", tried)
	}
}

// rank orders methods so that nothing is deleted before it was read and changed.
func rank(method string) string {
	return fmt.Sprint(slices.Index([]string{"GET", "PUT", "PATCH", "POST", "DELETE"}, method))
}

// Nothing is reached but through the table.
func TestTheRouterHoldsNothingButTheTable(t *testing.T) {
	k := newKit(t)
	known := map[string]bool{}
	for _, r := range k.api.Routes() {
		for _, path := range r.paths() {
			known[path] = true
		}
	}
	k.api.register(func(pattern string, h http.Handler) {
		e, guarded := h.(*endpoint)
		if !known[pattern] || !guarded {
			t.Errorf("%s is no path of the table, or not guarded", pattern)
			return
		}
		delete(known, pattern)
		for method, r := range e.routes {
			if r.Method != method && !(method == http.MethodHead && r.Method == http.MethodGet) {
				t.Errorf("%s %s leads to %s", method, pattern, r.Method)
			}
		}
	})
	if len(known) > 0 {
		t.Errorf("not registered: %v", known)
	}
}

func TestAccessTokensThatAreNoneAre401(t *testing.T) {
	k := newKit(t)
	k.user(k.hub.Space, "robot", all()...)
	gone := k.space("gone")
	k.user(gone, "ghost", all()...)
	k.get("ghost", "/restApi/clients").want(t, http.StatusOK)
	// The space is being deleted, or gone, although the token is still good.
	if err := k.store.Update(k.ctx(), func(tx model.Tx) error {
		sp, err := tx.Spaces().Get(gone.ID)
		sp.Deleting = true
		if err != nil {
			return err
		}
		return tx.Spaces().Put(sp)
	}); err != nil {
		t.Fatal(err)
	}
	for _, token := range []string{"", "nobody", "ghost"} {
		for _, path := range []string{"/restApi/clients", "/odata/v4/Clients", "/odata/v4", "/restApi/nothing"} {
			got := k.get(token, path)
			if got.StatusCode != http.StatusUnauthorized || !strings.HasPrefix(got.Header.Get("WWW-Authenticate"), `Bearer realm=`) {
				t.Errorf("%q at %s: %d %v", token, path, got.StatusCode, got.Header)
			}
		}
	}
}

// A document is a list of routes, and every one of them answers.
func TestEveryRouteIsInTheDocumentAndAnswers(t *testing.T) {
	k := newKit(t)
	k.user(k.hub.Space, "robot", all()...)
	ids := k.targets()
	var doc struct {
		OpenAPI string
		Paths   map[string]map[string]struct {
			OperationID string
			Responses   map[string]json.RawMessage
			Security    []map[string][]string
		}
	}
	k.get("", "/openapi.json").want(t, http.StatusOK).into(t, &doc)
	if doc.OpenAPI != "3.1.0" {
		t.Errorf("openapi %s", doc.OpenAPI)
	}
	operations := map[string]bool{}
	for _, r := range k.api.Routes() {
		op, there := doc.Paths[r.Pattern][strings.ToLower(r.Method)]
		if there == r.Hidden {
			t.Errorf("%s %s: in the document %t, hidden %t", r.Method, r.Pattern, there, r.Hidden)
		}
		if r.Hidden {
			continue
		}
		delete(doc.Paths[r.Pattern], strings.ToLower(r.Method))
		if operations[op.OperationID] || op.OperationID == "" {
			t.Errorf("operation %q is there twice", op.OperationID)
		}
		operations[op.OperationID] = true
		if r.Permission != "" && op.Security[0]["oauth2"][0] != string(r.Permission) {
			t.Errorf("%s %s asks for %v", r.Method, r.Pattern, op.Security)
		}
		path, body := request(t, &r, ids)
		got := k.do("robot", r.Method, path, body)
		if _, described := op.Responses[fmt.Sprint(got.StatusCode)]; !described {
			t.Errorf("%s %s answered %d, which the document does not have: %s", r.Method, path, got.StatusCode, got.body)
		}
	}
	for path, left := range doc.Paths {
		for method := range left {
			t.Errorf("%s %s is in the document and nowhere else", method, path)
		}
	}
}
