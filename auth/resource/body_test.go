package resource

import (
	"net/http"
	"strings"
	"testing"

	"ferry/model"
)

// Issue 3: JSON over 1 MiB, unknown fields, wrong types → 400 problem+json naming the field.
func TestBadBodiesAreNamed(t *testing.T) {
	k := adminKit(t)
	before := k.sequence()
	for body, field := range map[string]string{
		`{"name":"x","base_url":"https://x.example.com","` + strings.Repeat("a", 1<<20) + `":1}`: "body",
		`{"name":"x","base_url":"https://x.example.com","colour":1}`:                             "colour",
		`{"NAME":"x","base_url":"https://x.example.com"}`:                                        "NAME",
		`{"name":7,"base_url":"https://x.example.com"}`:                                          "name",
		`{"name":null,"base_url":"https://x.example.com"}`:                                       "name",
		`{"base_url":"https://x.example.com"}`:                                                   "name",
		`{"name":"x","name":"y","base_url":"https://x.example.com"}`:                             "name",
		`{"name":"x","base_url":"https://x.example.com","headers":[{"name":"a","name":"b"}]}`:    "headers.0.name",
		`{"name":"x","base_url":"https://x.example.com","headers":[{"name":"a","colour":1}]}`:    "headers.0.colour",
		`{"name":"x","base_url":"https://x.example.com","headers":{}}`:                           "headers",
		`{"name":"x","base_url":"https://x.example.com","params":{"a":1}}`:                       "params.a",
		`{"name":"x","base_url":"https://x.example.com","state":"gone"}`:                         "state",
		`{"name":"x","base_url":"https://x.example.com","timeout":"soon"}`:                       "timeout",
		`{"name":"x","base_url":"https://x.example.com","timeout":"-5s"}`:                        "timeout",
		`{"name":"x","base_url":"https://x.example.com","token_url":"https://x.example.com"}`:    "token_url",
		`{"name":"x","base_url":"https://x.example.com","id":"mine"}`:                            "id",
		`{"name":"x","base_url":"ftp://x"}`:                                                      "base_url",
		`{"name":"x","base_url":"http://x.example.com"}`:                                         "base_url",
		`{"name":"x"} {}`:                "body",
		`{"name":"x"`:                    "body",
		`[]`:                             "body",
		`"x"`:                            "body",
		`null`:                           "body",
		"{\"name\":\"\xff\"}":            "body",
		` `:                              "body",
		strings.Repeat(`{"tls":`, 40):    "body",
		deep(`{"params":`, `{"a":`, `}`): "params",
	} {
		p := k.do("admin", "POST", "/restApi/clients", body).want(t, http.StatusBadRequest).problem(t)
		if p.Code != model.EInvalid || !strings.HasPrefix(p.Field, field) || strings.Contains(p.Detail+p.Next, "--") {
			t.Errorf("%.80s: %+v, want field %s", body, p, field)
		}
	}
	for body, field := range map[string]string{
		`{"username":"x","ttl_minutes":1.5}`:       "ttl_minutes",
		`{"username":"x","ttl_minutes":1e99999}`:   "ttl_minutes",
		`{"username":"x","ttl_minutes":1441}`:      "ttl_minutes",
		`{"username":"x","ttl_minutes":"5"}`:       "ttl_minutes",
		`{"username":"x","expires_at":"tomorrow"}`: "expires_at",
		`{"username":"x","permissions":["all"]}`:   "permissions",
		`{"username":"x","permissions":[1]}`:       "permissions.0",
		`{"username":"x","oauth2":"yes"}`:          "oauth2",
		`{"username":"x","from":["nowhere"]}`:      "from",
	} {
		p := k.do("admin", "POST", "/restApi/apiUsers", body).want(t, http.StatusBadRequest).problem(t)
		if !strings.HasPrefix(p.Field, field) {
			t.Errorf("%s: %+v, want field %s", body, p, field)
		}
	}
	if k.sequence() != before {
		t.Error("something was stored")
	}
}

// deep nests one object in another further than a body may.
func deep(head, open, end string) string {
	return head + strings.Repeat(open, 30) + "1" + strings.Repeat(end, 30) + "}"
}

func FuzzParseObject(f *testing.F) {
	for _, s := range []string{`{"a":1,"b":[{"c":null}]}`, `{"a":1,"a":2}`, `[]`, `{"a":"\ud800"}`, `{"a":1e999}`, `{"":{}}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		o, err := parseObject(raw)
		if err != nil {
			if e := model.AsError(err); e.Code != model.EInvalid || e.Field == "" {
				t.Fatalf("%v", err)
			}
			return
		}
		again, err := asObject(o)
		if err != nil || len(again) != len(o) {
			t.Fatalf("%v: %v became %v", err, o, again)
		}
		for _, s := range []*Schema{clientInput, clientPatch, userInput, keyRotation} {
			if len(s.check("", o, nil)) == 0 && s == clientInput {
				if _, err := clientDraft(o, nil); err != nil && model.CodeOf(err) != model.EInvalid {
					t.Fatalf("%s passed its schema and not its reading: %v", raw, err)
				}
			}
		}
	})
}
