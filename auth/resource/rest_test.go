package resource

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

func adminKit(t *testing.T) *kit {
	t.Helper()
	k := newKit(t)
	k.user(k.hub.Space, "admin", all()...)
	return k
}

func TestAClientIsCreatedReadReplacedPatchedAndDeleted(t *testing.T) {
	k := adminKit(t)
	made := k.do("admin", "POST", "/restApi/clients/", `{"name":"erp","base_url":"https://erp.example.com","auth":"oauth2",
		"token_url":"https://erp.example.com/token","client_id":"hub","client_secret":"`+canary+`1","scopes":["a","b"],
		"params":{"tenant":"7"},"headers":[{"name":"X-API-Key","value":"`+canary+`2"},{"name":"X-Plain","value":"shown"}],"timeout":"10s"}`).
		want(t, http.StatusCreated)
	if made.Header.Get("ETag") != `"1"` || made.Header.Get("Location") != k.url+"/restApi/clients/"+made.member(t, "id").(string) {
		t.Errorf("headers %v", made.Header)
	}
	got := k.get("admin", "/restApi/clients/ERP/").want(t, http.StatusOK)
	if got.member(t, "client_secret").(map[string]any)["set"] != any(true) || strings.Contains(string(got.body), canary) {
		t.Errorf("answer %s", got.body)
	}
	// What was read can be sent back as it is, and changes nothing.
	k.do("admin", "PUT", "/restApi/clients/erp", string(got.body)).want(t, http.StatusOK)
	k.do("admin", "PATCH", "/restApi/clients/erp", string(got.body)).want(t, http.StatusOK)
	if back := k.get("admin", "/restApi/clients/erp"); string(back.body) != string(got.body) {
		t.Errorf("came back as %s\nwas %s", back.body, got.body)
	}
	// A patch changes what it names, and null clears.
	patched := k.do("admin", "PATCH", "/restApi/clients/erp", `{"scopes":["c"],"audience":"x","params":{"tenant":null,"lang":"de"}}`,
		"Content-Type: application/merge-patch+json").want(t, http.StatusOK)
	if patched.Header.Get("ETag") != `"2"` || !strings.Contains(string(patched.body), `"params":{"lang":"de"}`) {
		t.Errorf("%v %s", patched.Header, patched.body)
	}
	k.do("admin", "PATCH", "/restApi/clients/erp", `{"client_secret":null}`).want(t, http.StatusBadRequest)
	// A replacement without a member takes its default; secrets that it leaves out stay.
	k.do("admin", "PUT", "/restApi/clients/erp", `{"name":"erp","base_url":"https://erp.example.com","auth":"oauth2",
		"token_url":"https://erp.example.com/token","client_id":"hub","headers":[{"name":"X-API-Key","secret":true}]}`).want(t, http.StatusOK)
	c, err := k.hub.Clients.ByName(k.ctx(), k.hub.Space, "erp")
	if err != nil || c.Auth.ClientSecret.Reveal() != canary+"1" || len(c.Headers) != 1 || c.Headers[0].Value.Reveal() != canary+"2" ||
		c.Auth.Scopes != nil || c.Timeout != 0 || c.Auth.Audience != "" {
		t.Errorf("stored %+v %v", c, err)
	}
	off := k.do("admin", "PATCH", "/restApi/clients/erp", `{"state":"disabled","timeout":"5s"}`).want(t, http.StatusOK)
	if off.member(t, "state") != "disabled" || off.member(t, "timeout") != "5s" {
		t.Errorf("%s", off.body)
	}
	k.do("admin", "PATCH", "/restApi/clients/erp", `{"auth":"none"}`).want(t, http.StatusOK)
	k.do("admin", "DELETE", "/restApi/clients/erp", "").want(t, http.StatusForbidden)
	k.do("admin", "DELETE", "/restApi/clients/erp?confirm=erp", "", "If-Match: \"1\"").want(t, http.StatusPreconditionFailed)
	k.do("admin", "DELETE", "/restApi/clients/erp?confirm=erp", "").want(t, http.StatusNoContent)
	k.get("admin", "/restApi/clients/erp").want(t, http.StatusNotFound)
	if strings.Contains(string(k.seen), canary) {
		t.Error("a secret was answered")
	}
}

func TestMovingAClientLosesItsSecrets(t *testing.T) { // CASES, Vault: base or token URL moved to another origin
	k := adminKit(t)
	k.client(k.hub.Space, "erp")
	got := k.do("admin", "PATCH", "/restApi/clients/erp", `{"base_url":"https://evil.example.com"}`).want(t, http.StatusOK)
	c, err := k.hub.Clients.ByName(k.ctx(), k.hub.Space, "erp")
	if err != nil || c.Auth.ClientSecret.IsSet() || c.Headers[0].Value.IsSet() {
		t.Errorf("secrets are still there: %v", err)
	}
	if !strings.Contains(string(got.body), `"warnings":[`) || !strings.Contains(string(got.body), `"missing":["client_secret","headers.X-API-Key"]`) {
		t.Errorf("answer %s", got.body)
	}
	k.client(k.hub.Space, "pim")
	k.do("admin", "PATCH", "/restApi/clients/pim", `{"headers":[{"name":"X-API-Key","value":{"set":true},"secret":false}]}`).want(t, http.StatusOK)
	k.get("admin", "/restApi/clients/pim")
	k.get("admin", "/odata/v4/Clients")
	if strings.Contains(string(k.seen), canary) {
		t.Error("a secret was answered")
	}
}

// A password goes with the username that it belongs to, and authentication with all of
// its members.
func TestAPatchTakesAwayWhatBelongsTogether(t *testing.T) {
	k := adminKit(t)
	k.do("admin", "POST", "/restApi/clients", `{"name":"erp","base_url":"https://erp.example.com","auth":"oauth2","client_id":"hub",
		"token_url":"https://erp.example.com/t","client_secret":"s","username":"u","password":"p"}`).want(t, http.StatusCreated)
	got := k.do("admin", "PATCH", "/restApi/clients/erp", `{"username":null}`).want(t, http.StatusOK)
	if got.member(t, "grant") != "client_credentials" || got.member(t, "password") != nil {
		t.Errorf("%s", got.body)
	}
	got = k.do("admin", "PATCH", "/restApi/clients/erp", `{"auth":"none"}`).want(t, http.StatusOK)
	if got.member(t, "token_url") != nil || got.member(t, "client_secret") != nil {
		t.Errorf("%s", got.body)
	}
	k.do("admin", "PATCH", "/restApi/clients/erp", `{"token_url":"https://erp.example.com/t"}`).want(t, http.StatusBadRequest)
	k.do("admin", "PATCH", "/restApi/clients/erp", `{"auth":"oauth2","client_id":"hub","token_url":"https://erp.example.com/t"}`).want(t, http.StatusBadRequest)
}

func TestAnAPIUserIsCreatedReadReplacedPatchedAndDeleted(t *testing.T) {
	k := adminKit(t)
	made := k.do("admin", "POST", "/restApi/apiUsers", `{"username":"robot","oauth2":true,"ttl_minutes":5.0,"permissions":["clients:view"],
		"from":["10.0.0.0/8"],"state":"disabled","expires_at":"2099-01-01T00:00:00Z"}`).want(t, http.StatusCreated)
	if made.member(t, "ttl_minutes") != 5.0 || made.member(t, "state") != "disabled" {
		t.Errorf("%s", made.body)
	}
	one := k.get("admin", "/restApi/apiUsers/robot").want(t, http.StatusOK)
	if one.Header.Get("ETag") != made.Header.Get("ETag") {
		t.Errorf("%v", one.Header)
	}
	if got := k.get("admin", "/restApi/apiUsers/robot", "If-None-Match: W/"+one.Header.Get("ETag")); got.StatusCode != http.StatusNotModified || len(got.body) > 0 {
		t.Errorf("%d %s", got.StatusCode, got.body)
	}
	k.do("admin", "PUT", "/restApi/apiUsers/robot", string(one.body), "If-Match: "+one.Header.Get("ETag")).want(t, http.StatusOK)
	got := k.do("admin", "PATCH", "/restApi/apiUsers/robot", `{"ttl_minutes":null,"from":null,"expires_at":null,"state":"active"}`).want(t, http.StatusOK)
	if got.member(t, "ttl_minutes") != 10.0 || got.member(t, "expires_at") != nil || got.member(t, "state") != "active" {
		t.Errorf("%s", got.body)
	}
	got = k.do("admin", "PUT", "/restApi/apiUsers/robot", `{"username":"Robot2"}`).want(t, http.StatusOK)
	if got.member(t, "oauth2") != any(false) || len(got.member(t, "permissions").([]any)) != 0 {
		t.Errorf("%s", got.body)
	}
	k.do("admin", "POST", "/restApi/apiUsers", `{"username":"ROBOT2"}`).want(t, http.StatusConflict)
	k.do("admin", "DELETE", "/restApi/apiUsers/robot2?confirm=Robot2", "").want(t, http.StatusNoContent)
}

func TestAKeyIsShownOnceRotatedAndRevoked(t *testing.T) {
	k := adminKit(t)
	made := k.do("admin", "POST", "/restApi/keys", `{"user":"admin","label":"partner","expires":"90d"}`).want(t, http.StatusCreated)
	text, id := made.member(t, "key").(string), made.member(t, "id").(string)
	if !strings.HasPrefix(text, "ferry_k") || made.Header.Get("Location") != k.url+"/restApi/keys/"+id {
		t.Errorf("%s", made.body)
	}
	rotated := k.do("admin", "POST", "/restApi/keys/"+id+"/rotate", `{"overlap":"1h"}`).want(t, http.StatusCreated)
	if rotated.member(t, "replaces") != id || rotated.member(t, "label") != "partner" ||
		rotated.member(t, "old").(map[string]any)["expires_at"] == nil {
		t.Errorf("%s", rotated.body)
	}
	k.do("admin", "POST", "/restApi/keys/"+id+"/rotate/", "").want(t, http.StatusCreated) // with the defaults
	k.mu.Lock()
	k.seen = nil
	k.mu.Unlock()
	k.do("admin", "PATCH", "/restApi/keys/"+id, `{"label":"old"}`).want(t, http.StatusOK)
	k.do("admin", "PUT", "/restApi/keys/"+id, `{}`).want(t, http.StatusOK)
	k.do("admin", "PATCH", "/restApi/keys/"+id, `{"user":"other"}`).want(t, http.StatusBadRequest)
	if got := k.get("admin", "/restApi/keys?user=admin&q=partner").want(t, http.StatusOK); strings.Count(got.names(t, "id"), " ") != 1 {
		t.Errorf("%s", got.body)
	}
	k.get("admin", "/restApi/keys?user=nobody").want(t, http.StatusBadRequest)
	k.do("admin", "DELETE", "/restApi/keys/"+id, "").want(t, http.StatusNoContent)
	k.do("admin", "DELETE", "/restApi/keys/"+id, "").want(t, http.StatusNoContent)
	if got := k.get("admin", "/restApi/keys/"+id); got.member(t, "state") != "revoked" || got.member(t, "revoked_by") != "admin" {
		t.Errorf("%s", got.body)
	}
	k.get("admin", "/restApi/audit")
	k.get("admin", "/odata/v4/Audit")
	k.get("admin", "/odata/v4/Keys")
	if strings.Contains(string(k.seen), text) || strings.Contains(string(k.seen), rotated.member(t, "key").(string)) {
		t.Error("the text of a key was answered again")
	}
	for _, bad := range []string{`{"user":"nobody"}`, `{"user":"admin","expires":"yesterday"}`, `{"user":"admin","label":"` + strings.Repeat("x", 65) + `"}`, `{"label":"x"}`} {
		if p := k.do("admin", "POST", "/restApi/keys", bad).want(t, http.StatusBadRequest).problem(t); p.Field == "" {
			t.Errorf("%s: %+v", bad, p)
		}
	}
}

func TestSpacesAreManagedFromTheDefaultSpace(t *testing.T) {
	k := adminKit(t)
	own := k.space("own")
	k.user(own, "local", all()...)
	k.do("local", "POST", "/restApi/spaces", `{"name":"x"}`).want(t, http.StatusForbidden)
	k.do("local", "DELETE", "/restApi/spaces/own?confirm=own", "").want(t, http.StatusForbidden)
	k.get("local", "/restApi/spaces/default").want(t, http.StatusNotFound)
	k.do("local", "PATCH", "/restApi/spaces/default?confirm=default", `{"protected":true}`).want(t, http.StatusNotFound)
	if got := k.get("local", "/restApi/spaces").names(t, "name"); got != "own" {
		t.Errorf("sees %s", got)
	}
	if got := k.get("local", "/odata/v4/Spaces").names(t, "name"); got != "own" {
		t.Errorf("sees %s", got)
	}
	k.do("local", "PATCH", "/restApi/spaces/own", `{"protected":true}`).want(t, http.StatusOK)
	k.do("local", "PATCH", "/restApi/spaces/own", `{"protected":false}`).want(t, http.StatusForbidden)
	k.do("local", "PATCH", "/restApi/spaces/own?confirm=own", `{"protected":false,"name":"owned"}`).want(t, http.StatusOK)
	k.get("local", "/restApi/clients").want(t, http.StatusOK)
	k.do("admin", "POST", "/restApi/spaces", `{"name":"new"}`).want(t, http.StatusCreated)
	if got := k.get("admin", "/restApi/spaces?q=ne").names(t, "name"); got != "new owned" {
		t.Errorf("sees %s", got)
	}
	one := k.get("admin", "/restApi/spaces/owned").want(t, http.StatusOK)
	p := k.do("admin", "DELETE", "/restApi/spaces/owned?confirm=owned", "", "If-Match: "+one.Header.Get("ETag")).want(t, http.StatusConflict).problem(t)
	if strings.Contains(p.Next+p.Detail, "ferry ") || p.Field != "everything" {
		t.Errorf("%+v", p)
	}
	k.do("admin", "DELETE", "/restApi/spaces/owned?confirm=owned&everything=yes", "").want(t, http.StatusBadRequest)
	k.do("admin", "DELETE", "/restApi/spaces/owned?confirm=owned&everything=true", "").want(t, http.StatusNoContent)
	k.do("admin", "DELETE", "/restApi/spaces/default?confirm=default", "").want(t, http.StatusBadRequest)
	if got := k.get("local", "/restApi/clients"); got.StatusCode != http.StatusUnauthorized {
		t.Errorf("a user of a space that is gone: %d", got.StatusCode)
	}
}

func TestTheAuditLogSaysWhoActedFromWhere(t *testing.T) {
	k := adminKit(t)
	k.do("admin", "POST", "/restApi/clients", `{"name":"erp","base_url":"https://erp.example.com"}`).want(t, http.StatusCreated)
	var list listing[struct {
		ID     string
		Action string
		Actor  struct {
			UID     int
			User    string
			APIUser string `json:"api_user"`
			Addr    string
		}
	}]
	k.get("admin", "/restApi/audit?q=CLIENT.create+erp").want(t, http.StatusOK).into(t, &list)
	if len(list.Items) != 1 || list.Items[0].Actor.User != "admin" || list.Items[0].Actor.UID != -1 ||
		list.Items[0].Actor.Addr != "127.0.0.1" || list.Items[0].Actor.APIUser == "" {
		t.Fatalf("%+v", list)
	}
	if got := k.get("admin", "/restApi/audit/"+list.Items[0].ID).want(t, http.StatusOK); got.member(t, "action") != "client.create" {
		t.Errorf("%s", got.body)
	}
	k.get("admin", "/restApi/audit/"+strings.Repeat("0", 26)).want(t, http.StatusNotFound)
	k.get("admin", "/restApi/audit?before=x").want(t, http.StatusBadRequest)
	// page by page it is the same
	var pages []string
	for next := "/restApi/audit?limit=1"; next != ""; {
		got := k.get("admin", next).want(t, http.StatusOK)
		pages = append(pages, got.names(t, "id"))
		next, _ = got.member(t, "next").(string)
	}
	if whole := k.get("admin", "/restApi/audit").names(t, "id"); whole != strings.Join(pages, " ") {
		t.Errorf("pages %v, whole %s", pages, whole)
	}
}

func TestPagesHoldWhileRecordsComeAndGo(t *testing.T) {
	k := adminKit(t)
	for i := range 10 {
		k.user(k.hub.Space, fmt.Sprintf("user-%d", i))
	}
	var got []string
	for next := "/restApi/apiUsers?limit=3&q=USER-"; next != ""; {
		a := k.get("admin", next).want(t, http.StatusOK)
		got = append(got, a.names(t, "username"))
		if next, _ = a.member(t, "next").(string); len(got) == 1 {
			k.user(k.hub.Space, "user-00") // before the place
			k.do("admin", "DELETE", "/restApi/apiUsers/user-2?confirm=user-2", "").want(t, http.StatusNoContent)
			k.do("admin", "DELETE", "/restApi/apiUsers/user-4?confirm=user-4", "").want(t, http.StatusNoContent)
		}
	}
	want := "user-0 user-1 user-2|user-3 user-5 user-6|user-7 user-8 user-9"
	if strings.Join(got, "|") != want {
		t.Errorf("pages %v", got)
	}
	for _, bad := range []string{"limit=0", "limit=1001", "limit=x", "limit=", "after=%21", "limit=1&limit=2", "nothing=1", "q=" + strings.Repeat("x", 201)} {
		if p := k.get("admin", "/restApi/apiUsers?"+bad).want(t, http.StatusBadRequest).problem(t); p.Field == "" {
			t.Errorf("%s: %+v", bad, p)
		}
	}
}
