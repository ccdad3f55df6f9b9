package resource

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"ferry/model"
)

// weak may manage users and keys, and nothing else.
var weak = []string{"apiUsers:view", "apiUsers:edit", "apiUsers:create", "apiUsers:delete", "keys:view", "keys:edit", "keys:create", "keys:delete"}

func TestNobodyGrantsWhatItLacks(t *testing.T) {
	k := newKit(t)
	k.user(k.hub.Space, "weak", weak...)
	k.client(k.hub.Space, "erp")
	before := k.sequence()
	for _, grant := range []string{`"clients:view"`, `"call:erp"`, `"apiUsers:view","audit:view"`} {
		for _, c := range [][3]string{
			{"POST", "/restApi/apiUsers", `{"username":"puppet","permissions":[` + grant + `]}`},
			{"PATCH", "/restApi/apiUsers/weak", `{"permissions":[` + grant + `]}`},
			{"PUT", "/restApi/apiUsers/weak", `{"username":"weak","permissions":[` + grant + `]}`},
		} {
			p := k.do("weak", c[0], c[1], c[2]).want(t, http.StatusForbidden).problem(t)
			if p.Code != model.EPermission || p.Field != "permissions" {
				t.Errorf("%+v", p)
			}
		}
	}
	if k.sequence() != before {
		t.Error("something changed")
	}
	k.do("weak", "POST", "/restApi/apiUsers", `{"username":"helper","permissions":["keys:view"]}`).want(t, http.StatusCreated)
}

func TestAStrongerUserIsOutOfReach(t *testing.T) {
	k := newKit(t)
	k.user(k.hub.Space, "weak", weak...)
	boss := k.user(k.hub.Space, "boss", all()...)
	key := k.key(k.hub.Space, boss, "boss")
	before := k.sequence()
	id := string(key.Key.ID)
	for _, c := range [][3]string{
		{"POST", "/restApi/keys", `{"user":"boss"}`},
		{"POST", "/restApi/keys/" + id + "/rotate", `{"overlap":"1h"}`},
		{"PATCH", "/restApi/keys/" + id, `{"label":"mine"}`},
		{"PATCH", "/restApi/apiUsers/boss", `{"description":"mine"}`},
		{"PATCH", "/restApi/apiUsers/boss", `{"permissions":[]}`},
		{"PUT", "/restApi/apiUsers/boss", `{"username":"boss","state":"disabled"}`},
		{"DELETE", "/restApi/apiUsers/boss?confirm=boss", ""},
	} {
		k.do("weak", c[0], c[1], c[2]).want(t, http.StatusForbidden)
	}
	if k.sequence() != before {
		t.Error("something changed")
	}
	// Taking away in an emergency is allowed; giving back is not.
	k.do("weak", "DELETE", "/restApi/keys/"+id, "").want(t, http.StatusNoContent)
	k.do("weak", "PATCH", "/restApi/apiUsers/boss", `{"state":"disabled"}`).want(t, http.StatusOK)
	k.do("weak", "PATCH", "/restApi/apiUsers/boss", `{"state":"active"}`).want(t, http.StatusForbidden)
	one := k.get("weak", "/restApi/apiUsers/boss").want(t, http.StatusOK)
	back := strings.Replace(string(one.body), `"state":"disabled"`, `"state":"active"`, 1)
	k.do("weak", "PUT", "/restApi/apiUsers/boss", back).want(t, http.StatusForbidden)
	if got := k.get("weak", "/restApi/apiUsers/boss"); got.member(t, "state") != "disabled" {
		t.Errorf("%s", got.body)
	}
}

func TestANarrowTokenOfAStrongUserActsNarrowly(t *testing.T) {
	k := newKit(t)
	k.user(k.hub.Space, "boss", all()...)
	k.user(k.hub.Space, "other", "clients:view", "clients:edit")
	narrow := "boss;apiUsers:view apiUsers:edit apiUsers:create keys:create"
	k.get(narrow, "/restApi/clients").want(t, http.StatusForbidden)
	k.do(narrow, "POST", "/restApi/apiUsers", `{"username":"x","permissions":["clients:view"]}`).want(t, http.StatusForbidden)
	k.do(narrow, "PATCH", "/restApi/apiUsers/other", `{"description":"x"}`).want(t, http.StatusForbidden)
	k.do(narrow, "POST", "/restApi/keys", `{"user":"boss"}`).want(t, http.StatusForbidden)
	k.do(narrow, "POST", "/restApi/keys", `{"user":"other"}`).want(t, http.StatusForbidden)
	k.do("boss", "POST", "/restApi/keys", `{"user":"other"}`).want(t, http.StatusCreated)
}

func TestAnotherSpaceIsOutOfReach(t *testing.T) {
	k := newKit(t)
	k.user(k.hub.Space, "insider", all()...)
	their := k.space("theirs")
	k.user(their, "outsider", all()...)
	victim := k.user(k.hub.Space, "victim", "clients:view")
	client := k.client(k.hub.Space, "private-erp")
	key := k.key(k.hub.Space, victim, "private-key")
	k.do("outsider", "POST", "/restApi/clients", `{"name":"mine","base_url":"https://mine.example.com"}`).want(t, http.StatusCreated)

	entries, _, err := k.hub.Audit.List(k.ctx(), k.hub.Space, "", 1)
	if err != nil {
		t.Fatal(err)
	}
	before := k.sequence()
	for _, path := range []string{
		"/restApi/clients/" + string(client.ID), "/restApi/clients/private-erp", "/restApi/apiUsers/" + string(victim.ID),
		"/restApi/apiUsers/victim", "/restApi/keys/" + string(key.Key.ID), "/restApi/audit/" + string(entries[0].ID),
		"/restApi/spaces/default", "/restApi/spaces/" + string(k.hub.Space.ID),
	} {
		k.get("outsider", path).want(t, http.StatusNotFound)
		if !strings.Contains(path, "audit") {
			for method, body := range map[string]string{"PATCH": "{}", "DELETE": ""} {
				name := path[strings.LastIndexByte(path, '/')+1:]
				if got := k.do("outsider", method, path+"?confirm="+name, body); got.StatusCode != http.StatusNotFound && got.StatusCode != http.StatusBadRequest {
					t.Errorf("%s %s: %d", method, path, got.StatusCode)
				}
			}
		}
	}
	k.do("outsider", "POST", "/restApi/keys", `{"user":"victim"}`).want(t, http.StatusBadRequest)
	k.do("outsider", "POST", "/restApi/keys/"+string(key.Key.ID)+"/rotate", `{}`).want(t, http.StatusNotFound)
	k.do("outsider", "POST", "/restApi/apiUsers", `{"username":"x","permissions":["call:private-erp"]}`).want(t, http.StatusBadRequest)
	if k.sequence() != before {
		t.Error("something changed")
	}
	// Neither searching nor filtering nor somebody else's place in a list finds them.
	k.mu.Lock()
	k.seen = nil
	k.mu.Unlock()
	next, _ := k.get("insider", "/restApi/audit?limit=1").member(t, "next").(string)
	cursor, err := url.Parse(next)
	if err != nil {
		t.Fatal(err)
	}
	theirs, _ := k.get("insider", "/restApi/apiUsers?limit=1").member(t, "next").(string)
	place, err := url.Parse(theirs)
	if err != nil {
		t.Fatal(err)
	}
	k.seen = nil
	for _, path := range []string{
		"/restApi/clients?q=private", "/restApi/apiUsers?q=victim", "/restApi/keys?q=private", "/restApi/audit?q=private",
		"/restApi/audit", "/restApi/audit?" + cursor.RawQuery, "/restApi/apiUsers?" + place.RawQuery, "/restApi/spaces?q=default",
		"/odata/v4/Clients?$filter=contains(name,'private')%20or%20true", "/odata/v4/ApiUsers", "/odata/v4/Keys", "/odata/v4/Spaces",
		"/odata/v4/Audit", "/odata/v4/Clients?$filter=space%20eq%20'default'",
	} {
		got := k.get("outsider", path).want(t, http.StatusOK)
		for _, word := range []string{"private", "victim", "insider", `"default"`} {
			if strings.Contains(strings.ReplaceAll(string(got.body), "q=private", ""), word) {
				t.Errorf("%s tells of %s: %s", path, word, got.body)
			}
		}
	}
}
