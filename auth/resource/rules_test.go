package resource

import (
	"net/http"
	"strings"
	"testing"

	"ferry/model"
	"ferry/model/gateway"
)

const rulePath = "/restApi/gatewayRules/robot/erp"

// ruleKit has a client erp, a user robot that may call it, and admins that may call it too.
func ruleKit(t *testing.T) *kit {
	k := newKit(t)
	k.client(k.hub.Space, "erp")
	k.user(k.hub.Space, "robot", "call:erp")
	k.user(k.hub.Space, "admin", append(all(), "call:erp")...)
	return k
}

func TestARuleIsPutReadChangedAndRemoved(t *testing.T) {
	k := ruleKit(t)
	k.get("admin", rulePath).want(t, http.StatusNotFound)
	made := k.do("admin", "PUT", rulePath, `{"read_only":true,"paths":["/orders/**"]}`).want(t, http.StatusCreated)
	if made.Header.Get("Location") != k.url+rulePath || made.Header.Get("ETag") != `"1"` || made.member(t, "user") != "robot" {
		t.Errorf("made: %v %s", made.Header, made.body)
	}
	got := k.get("admin", "/restApi/gatewayRules/ROBOT/ERP/").want(t, http.StatusOK)
	if got.Header.Get("ETag") != `"1"` || string(got.body) != string(made.body) {
		t.Errorf("read: %s", got.body)
	}
	// What was read may be put as it is.
	k.do("admin", "PUT", rulePath, string(got.body)).want(t, http.StatusOK)
	changed := k.do("admin", "PUT", rulePath, `{"methods":["post"],"per_second":0.5,"per_day":1e3,"max_body":5.0}`).want(t, http.StatusOK)
	var v gateway.RuleView
	changed.into(t, &v)
	if v.ReadOnly || len(v.Paths) > 0 || v.Methods[0] != "POST" || v.PerSecond != 0.5 || v.PerDay != 1000 || v.MaxBody != 5 || v.Revision != 2 || v.UpdatedBy != "admin" {
		t.Errorf("changed: %+v", v)
	}
	k.get("admin", "/restApi/gatewayRules?user=robot&q=ERP").want(t, http.StatusOK).into(t, &struct{}{})
	for query, n := range map[string]int{"": 1, "?user=robot": 1, "?client=erp&user=robot": 1, "?q=robot+erp": 1, "?q=nothing": 0, "?user=admin": 0} {
		items, _ := k.get("admin", "/restApi/gatewayRules"+query).want(t, http.StatusOK).member(t, "items").([]any)
		if len(items) != n {
			t.Errorf("%s lists %d", query, len(items))
		}
	}
	for _, query := range []string{"?user=nobody", "?client=nothing", "?colour=red"} {
		k.get("admin", "/restApi/gatewayRules"+query).want(t, http.StatusBadRequest)
	}
	k.do("admin", "DELETE", rulePath, "").want(t, http.StatusNoContent)
	k.do("admin", "DELETE", rulePath, "").want(t, http.StatusNotFound)
	for _, path := range []string{"/restApi/gatewayRules/nobody/erp", "/restApi/gatewayRules/robot/nothing"} {
		k.do("admin", "PUT", path, `{}`).want(t, http.StatusNotFound)
	}
}

func TestWhatARuleCannotBeIsNamed(t *testing.T) {
	k := ruleKit(t)
	for body, field := range map[string]string{
		`{"methods":["G T"]}`: "methods", `{"paths":["orders"]}`: "paths", `{"per_second":-1}`: "per_second", `{"per_day":-1}`: "per_day",
		`{"per_day":1.5}`: "per_day", `{"max_body":99999999999999}`: "max_body", `{"read_only":"yes"}`: "read_only", `{"colour":1}`: "colour",
		`{"user":"admin"}`: "user", `{"client":"crm"}`: "client", `{"revision":7}`: "revision",
	} {
		if got := k.do("admin", "PUT", rulePath, body).want(t, http.StatusBadRequest); got.member(t, "field") != field {
			t.Errorf("%s: %s", body, got.body)
		}
	}
	k.get("admin", rulePath).want(t, http.StatusNotFound)
}

// A rule is changed only over the revision that was seen, and a rule that is gone is not made anew
// by who has seen it.
func TestIfMatchOfARule(t *testing.T) {
	k := ruleKit(t)
	put := func(body, header string) answer {
		t.Helper()
		return k.do("admin", "PUT", rulePath, body, header)
	}
	put(`{}`, `If-Match: "1"`).want(t, http.StatusPreconditionFailed)
	put(`{}`, `If-None-Match: *`).want(t, http.StatusCreated)
	put(`{}`, `If-None-Match: *`).want(t, http.StatusPreconditionFailed)
	put(`{"read_only":true}`, `If-Match: "1"`).want(t, http.StatusOK)
	put(`{"per_day":1}`, `If-Match: "1"`).want(t, http.StatusPreconditionFailed)
	k.do("admin", "DELETE", rulePath, "", `If-Match: "1"`).want(t, http.StatusPreconditionFailed)
	k.do("admin", "DELETE", rulePath, "", `If-Match: "2"`).want(t, http.StatusNoContent)
}

// A rule that is lifted from a protected client asks for its name.
func TestLiftingARuleOfAProtectedClientAsksForItsName(t *testing.T) {
	k := ruleKit(t)
	k.do("admin", "PATCH", "/restApi/clients/erp", `{"protected":true}`).want(t, http.StatusOK)
	k.do("admin", "PUT", rulePath, `{"methods":["GET"]}`).want(t, http.StatusCreated)
	k.do("admin", "PUT", rulePath, `{"methods":["GET","PUT"]}`).want(t, http.StatusForbidden)
	k.do("admin", "PUT", rulePath+"?confirm=erp", `{"methods":["GET","PUT"]}`).want(t, http.StatusOK)
	k.do("admin", "DELETE", rulePath, "").want(t, http.StatusForbidden)
	k.do("admin", "DELETE", rulePath+"?confirm=erp", "").want(t, http.StatusNoContent)
}

// An API user neither makes rules for what it may not call, nor lifts one that it is held to: not
// by setting it, by another user without it, by that user's key, or in a sync.
func TestNobodyLiftsItsOwnRule(t *testing.T) {
	k := ruleKit(t)
	k.user(k.hub.Space, "weak", all()...)
	k.do("weak", "PUT", rulePath, `{"read_only":true}`).want(t, http.StatusForbidden)
	k.do("admin", "PUT", rulePath, `{"read_only":true}`).want(t, http.StatusCreated)
	k.do("weak", "DELETE", rulePath, "").want(t, http.StatusForbidden)

	ctx := k.ctx()
	if _, err := k.hub.Gateway.Set(ctx, k.hub.Space, gateway.RuleDraft{User: "admin", Client: "erp", ReadOnly: true}, ""); err != nil {
		t.Fatal(err)
	}
	before := k.sequence()
	const own = "/restApi/gatewayRules/admin/erp"
	for _, c := range [][3]string{
		{"PUT", own, `{}`},
		{"PUT", rulePath, `{}`},
		{"DELETE", own, ``},
		{"POST", "/restApi/apiUsers", `{"username":"straw","permissions":["call:erp"]}`},
		{"POST", "/restApi/keys", `{"user":"robot"}`},
		{"POST", "/restApi/transfers", `{"name":"a","source":{"client":"erp","path":"/a"},"target":{"client":"erp","path":"/b/{id}"},"sync":{"key":"id"}}`},
	} {
		got := k.do("admin", c[0], c[1], c[2]).want(t, http.StatusForbidden)
		if !strings.Contains(string(got.body), "you lack a call permission yourself") {
			t.Errorf("%s %s: %s", c[0], c[1], got.body)
		}
	}
	if k.sequence() != before {
		t.Error("something changed")
	}
	// Its own keys and its own record it changes as before, but for the token that lacks the call.
	k.do("admin", "POST", "/restApi/keys", `{"user":"admin"}`).want(t, http.StatusCreated)
	k.do("admin", "PATCH", "/restApi/apiUsers/admin", `{"description":"x"}`).want(t, http.StatusOK)
	k.do("admin;keys:create", "POST", "/restApi/keys", `{"user":"admin"}`).want(t, http.StatusForbidden)
	k.do("admin", "DELETE", own, ``).want(t, http.StatusForbidden)
	if err := k.hub.Gateway.Remove(ctx, k.hub.Space, "admin", "erp", ""); err != nil {
		t.Fatal(err)
	}
	k.do("admin", "POST", "/restApi/apiUsers", `{"username":"straw","permissions":["call:erp"]}`).want(t, http.StatusCreated)
}

// How a client is reached through the gateway, and whether a user's keys are bearers, are members
// that a patch can change and clear.
func TestTheMembersOfTheGateway(t *testing.T) {
	k := ruleKit(t)
	got := k.do("admin", "PATCH", "/restApi/clients/erp",
		`{"cors_origins":["https://app.example.com"],"cors_methods":["get"],"gateway_upgrades":true,"gateway_cookies":true,"gateway_realm":true}`).want(t, http.StatusOK)
	for _, want := range []string{
		`"cors_origins":["https://app.example.com"]`, `"cors_methods":["GET"]`, `"gateway_upgrades":true`, `"gateway_cookies":true`, `"gateway_realm":true`,
	} {
		if !strings.Contains(string(got.body), want) {
			t.Errorf("%s is not in %s", want, got.body)
		}
	}
	c, err := k.hub.Clients.ByName(k.ctx(), k.hub.Space, "erp")
	if err != nil || len(c.Gateway.Origins) != 1 || !c.Auth.ClientSecret.IsSet() {
		t.Errorf("%+v, %v", c.Gateway, err)
	}
	k.do("admin", "PATCH", "/restApi/clients/erp", `{"timeout":"9s"}`).want(t, http.StatusOK)
	k.do("admin", "PATCH", "/restApi/clients/erp", `{"cors_origins":null,"cors_methods":null,"gateway_cookies":null,"gateway_realm":false}`).want(t, http.StatusOK)
	if c, err = k.hub.Clients.ByName(k.ctx(), k.hub.Space, "erp"); err != nil || len(c.Gateway.Origins)+len(c.Gateway.Methods) > 0 || c.Gateway.Cookies || c.Gateway.Realm || !c.Gateway.Upgrades {
		t.Errorf("%+v, %v", c.Gateway, err)
	}
	bad := k.do("admin", "PATCH", "/restApi/clients/erp", `{"cors_origins":["https://*.example.com"]}`).want(t, http.StatusBadRequest)
	if bad.member(t, "field") != "cors_origins" {
		t.Errorf("%s", bad.body)
	}
	k.do("admin", "PATCH", "/restApi/apiUsers/robot", `{"bearer_keys":true}`).want(t, http.StatusOK)
	if u, err := k.hub.Users.ByName(k.ctx(), k.hub.Space, "robot"); err != nil || !u.BearerKeys || u.State != model.Active {
		t.Errorf("%+v, %v", u, err)
	}
}
