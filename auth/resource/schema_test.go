package resource

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"ferry/model"
	"ferry/model/modeltest"
	"ferry/model/transfers"
)

// validator checks values against the schemas of the OpenAPI document as it was answered:
// it shares nothing with the Go values that the document was made from.
type validator struct {
	components map[string]map[string]any
	used       map[string]bool
}

// faults lists what is wrong with v. A keyword that it does not know is a fault too.
func (d *validator) faults(path string, schema, v any) (out []string) {
	s, _ := schema.(map[string]any)
	if ref, ok := s["$ref"].(string); ok {
		name := strings.TrimPrefix(ref, "#/components/schemas/")
		d.used[name] = true
		if d.components[name] == nil {
			return []string{path + ": " + ref + " leads nowhere"}
		}
		return d.faults(path, d.components[name], v)
	}
	fault := func(format string, args ...any) { out = append(out, path+": "+fmt.Sprintf(format, args...)) }
	kind := map[bool]string{true: "null"}[v == nil]
	switch n := v.(type) {
	case string:
		kind = "string"
	case bool:
		kind = "boolean"
	case float64:
		if kind = "number"; n == float64(int64(n)) {
			kind = "integer"
		}
	case []any:
		kind = "array"
	case map[string]any:
		kind = "object"
	}
	for word, of := range s {
		switch word {
		case "type":
			types, ok := of.([]any)
			if whole := kind == "integer" && slices.Contains(types, any("number")); !ok || !slices.Contains(types, any(kind)) && !whole {
				fault("%s is not %v", kind, of)
			}
		case "enum":
			if !slices.Contains(of.([]any), v) {
				fault("%v is not one of %v", v, of)
			}
		case "required":
			for _, name := range of.([]any) {
				if o, ok := v.(map[string]any); ok && o[name.(string)] == nil {
					if _, there := o[name.(string)]; !there {
						fault("%s is missing", name)
					}
				}
			}
		case "minimum", "maximum":
			if n, ok := v.(float64); ok && (word == "minimum" && n < of.(float64) || word == "maximum" && n > of.(float64)) {
				fault("%v is beyond the %s %v", n, word, of)
			}
		case "maxLength":
			if s, ok := v.(string); ok && len([]rune(s)) > int(of.(float64)) {
				fault("is longer than %v", of)
			}
		case "maxItems":
			if l, ok := v.([]any); ok && len(l) > int(of.(float64)) {
				fault("has more than %v items", of)
			}
		case "items":
			l, _ := v.([]any)
			for i, item := range l {
				out = append(out, d.faults(fmt.Sprintf("%s.%d", path, i), of, item)...)
			}
		case "format":
			if s, ok := v.(string); ok && of == "date-time" && !isTime(s) {
				fault("%q is no time", s)
			}
		case "properties", "additionalProperties", "description", "default", "readOnly", "writeOnly":
		default:
			fault("the test does not know the keyword %s", word)
		}
	}
	o, _ := v.(map[string]any)
	known, _ := s["properties"].(map[string]any)
	for name, member := range o {
		switch {
		case known[name] != nil:
			out = append(out, d.faults(path+"."+name, known[name], member)...)
		case s["additionalProperties"] == any(false):
			fault("%s is not in the schema", name)
		case s["additionalProperties"] != nil && s["additionalProperties"] != any(true):
			out = append(out, d.faults(path+"."+name, s["additionalProperties"], member)...)
		}
	}
	return out
}

// Real answers, good and bad, are what the document says they are; and so are the bodies
// that brought them about.
func TestAnswersAreAsTheDocumentDescribesThem(t *testing.T) {
	k := adminKit(t)
	var doc struct {
		Paths map[string]map[string]struct {
			RequestBody struct {
				Content map[string]struct{ Schema any }
			}
			Responses map[string]struct {
				Ref     string `json:"$ref"`
				Headers map[string]any
				Content map[string]struct{ Schema any }
			}
		}
		Components struct {
			Schemas   map[string]map[string]any
			Responses map[string]struct {
				Content map[string]struct{ Schema any }
			}
		}
	}
	k.get("", "/openapi.json").want(t, http.StatusOK).into(t, &doc)
	d := &validator{components: doc.Components.Schemas, used: map[string]bool{}}
	client := k.client(k.hub.Space, "erp")
	u := k.user(k.hub.Space, "robot", "clients:view", "call:erp")
	key := k.key(k.hub.Space, u, "first")
	k.space("other")
	k.client(k.hub.Space, "pim")
	k.user(k.hub.Space, "mover", append(all(), "call:pim")...)
	syn := k.sync(k.hub.Space, "goods", "pim", "pim")
	k.mover.Play(modeltest.Moves(model.Progress{Records: 3, Created: 2, Rejected: 1}, model.TransferFault{Record: 2, Kind: model.FaultRejected, Status: 422, Reason: "no"}))
	if _, err := k.hub.Transfers.RunSync(k.ctx(), k.hub.Space, syn.ID, model.TriggerPerson, transfers.Options{}); err != nil {
		t.Fatal(err)
	}
	entries, _, err := k.hub.Audit.List(k.ctx(), k.hub.Space, "", 1)
	if err != nil {
		t.Fatal(err)
	}
	full := `"auth":"oauth2","token_url":"https://a.example.com/t","client_id":"hub","client_secret":"s","username":"u","password":"p",
		"scopes":["a"],"audience":"x","params":{"a":"b"},"headers":[{"name":"X-A","value":"v","secret":true},{"name":"X-B","value":"v"}],
		"tls":{"server_name":"a.example.com","min_version":"1.3"},"timeout":"5s","protected":true,"state":"disabled"`
	for _, c := range []struct {
		method, pattern, id, query, body string
		status                           int
	}{
		{"GET", "/restApi/clients", "", "?limit=1", "", 200},
		{"POST", "/restApi/clients", "", "", `{"name":"a","base_url":"https://a.example.com",` + full + `}`, 201},
		{"GET", "/restApi/clients/{id}", "a", "", "", 200},
		{"PATCH", "/restApi/clients/{id}", "a", "?confirm=a", `{"tls":null,"params":null,"audience":null,"base_url":"https://b.example.com"}`, 200},
		{"PUT", "/restApi/clients/{id}", "a", "?confirm=a", `{"name":"a","base_url":"https://a.example.com"}`, 200},
		{"PATCH", "/restApi/clients/{id}", "a", "", `{"colour":1}`, 400},
		{"PATCH", "/restApi/clients/{id}", "nobody", "", `{}`, 404},
		{"DELETE", "/restApi/clients/{id}", string(client.ID), "", "", 403},
		{"DELETE", "/restApi/clients/{id}", string(client.ID), "?confirm=erp", "", 204},
		{"GET", "/restApi/apiUsers", "", "", "", 200},
		{"POST", "/restApi/apiUsers", "", "", `{"username":"a","oauth2":true,"permissions":["clients:view"],"expires_at":"2099-01-01T00:00:00Z"}`, 201},
		{"POST", "/restApi/apiUsers", "", "", `{"username":"a"}`, 409},
		{"GET", "/restApi/apiUsers/{id}", "a", "", "", 200},
		{"PUT", "/restApi/apiUsers/{id}", "a", "", `{"username":"a","from":["10.0.0.0/8"]}`, 200},
		{"PATCH", "/restApi/apiUsers/{id}", "a", "", `{"state":"disabled"}`, 200},
		{"DELETE", "/restApi/apiUsers/{id}", "a", "?confirm=a", "", 204},
		{"GET", "/restApi/keys", "", "?user=robot", "", 200},
		{"POST", "/restApi/keys", "", "", `{"user":"admin","expires":"90d"}`, 201},
		{"POST", "/restApi/keys/{id}/rotate", string(key.Key.ID), "", `{"overlap":"1h","expires":null}`, 201},
		{"GET", "/restApi/keys/{id}", string(key.Key.ID), "", "", 200},
		{"DELETE", "/restApi/keys/{id}", string(key.Key.ID), "", "", 204},
		{"GET", "/restApi/keys/{id}", string(key.Key.ID), "", "", 200},
		{"GET", "/restApi/spaces", "", "", "", 200},
		{"POST", "/restApi/spaces", "", "", `{"name":"a","protected":true}`, 201},
		{"PUT", "/restApi/spaces/{id}", "a", "?confirm=a", `{"name":"b"}`, 200},
		{"PATCH", "/restApi/spaces/{id}", "b", "", `{"protected":true}`, 200},
		{"GET", "/restApi/spaces/{id}", "b", "", "", 200},
		{"DELETE", "/restApi/spaces/{id}", "b", "?confirm=b", "", 204},
		{"GET", "/restApi/transfers", "", "?kind=sync&phase=waiting", "", 200},
		{"POST", "/restApi/transfers", "", "", `{"name":"a","source":{"client":"pim","path":"/a","query":["b=c"]},"target":{"client":"pim","path":"/b/{id}"},
			"sync":{"key":"id","schedule":"every 30s","webhook":true},"read":{"paging":"page","first_page":0},"write":{"parallel":2},"jq":".x"}`, 201},
		{"GET", "/restApi/transfers/{id}", "goods", "", "", 200},
		{"PUT", "/restApi/transfers/{id}", "a", "", `{"name":"b","source":{"client":"pim","path":"/a"},"target":{"client":"pim","path":"/b/{id}"},"sync":{"key":"id"}}`, 200},
		{"PATCH", "/restApi/transfers/{id}", "b", "", `{"jq":null,"read":{"limit":null},"sync":{"overwrite":true}}`, 200},
		{"POST", "/restApi/transfers/{id}/run", "b", "", "", 202},
		{"POST", "/restApi/transfers/{id}/pause", "b", "", "", 200},
		{"POST", "/restApi/transfers/{id}/resume", "b", "", "", 200},
		{"POST", "/restApi/transfers/{id}/cancel", "b", "", "", 400},
		{"GET", "/restApi/transfers/{id}/runs", "goods", "", "", 200},
		{"GET", "/restApi/transfers/{id}/errors", "goods", "", "", 200},
		{"POST", "/hooks/{id}", string(syn.ID), "?from=git", "", 202},
		{"DELETE", "/restApi/transfers/{id}", "b", "", "", 204},
		{"PUT", "/restApi/gatewayRules/{user}/{client}", "robot/pim", "", `{"read_only":true}`, 201},
		{"PUT", "/restApi/gatewayRules/{user}/{client}", "robot/pim", "", `{"methods":["get"],"paths":["/a/**"],"per_second":0.5,"per_day":10,"max_body":100}`, 200},
		{"GET", "/restApi/gatewayRules/{user}/{client}", "robot/pim", "", "", 200},
		{"GET", "/restApi/gatewayRules", "", "?user=robot&client=pim", "", 200},
		{"DELETE", "/restApi/gatewayRules/{user}/{client}", "robot/pim", "", "", 204},
		{"GET", "/restApi/gatewayRules/{user}/{client}", "robot/pim", "", "", 404},
		{"GET", "/restApi/audit", "", "?limit=5", "", 200},
		{"GET", "/restApi/audit/{id}", string(entries[0].ID), "", "", 200},
		{"GET", "/odata/v4", "", "", "", 200},
		{"GET", "/odata/v4/Clients", "", "", "", 200},
		{"GET", "/restApi/clients", "", "?limit=0", "", 400},
	} {
		op := doc.Paths[c.pattern][strings.ToLower(c.method)]
		token := "admin"
		if strings.Contains(c.pattern, "transfers") || strings.Contains(c.pattern, "gatewayRules") {
			token = "mover" // whoever makes a sync may call its clients itself
		}
		got := k.do(token, c.method, strings.NewReplacer("{id}", c.id, "{user}/{client}", c.id).Replace(c.pattern)+c.query, c.body).want(t, c.status)
		what := fmt.Sprintf("%s %s %d", c.method, c.pattern, c.status)
		described := op.Responses[fmt.Sprint(c.status)]
		content := described.Content
		if described.Ref != "" {
			content = doc.Components.Responses[strings.TrimPrefix(described.Ref, "#/components/responses/")].Content
		}
		for name := range described.Headers {
			if got.Header.Get(name) == "" {
				t.Errorf("%s: no %s", what, name)
			}
		}
		media, _, _ := strings.Cut(got.Header.Get("Content-Type"), ";")
		if c.status == http.StatusNoContent {
			if len(content)+len(got.body) > 0 {
				t.Errorf("%s has a body", what)
			}
			continue
		}
		if content[media].Schema == nil {
			t.Errorf("%s: %q is not described", what, media)
			continue
		}
		var v any
		got.into(t, &v)
		for _, fault := range d.faults(what, content[media].Schema, v) {
			t.Error(fault)
		}
		if c.body == "" || c.status >= 400 {
			continue
		}
		if err := json.Unmarshal([]byte(c.body), &v); err != nil {
			t.Fatal(err)
		}
		for _, fault := range d.faults(what+" body", op.RequestBody.Content[typeJSON].Schema, v) {
			t.Error(fault)
		}
	}
	for name := range doc.Components.Schemas {
		if !d.used[name] && !slices.Contains([]string{"KeyInput", "KeyPatch"}, name) {
			t.Errorf("no answer was held against %s", name)
		}
	}
}

func TestRotatedKeysAndLabelsAreAsDescribed(t *testing.T) {
	k := adminKit(t)
	issued := k.do("admin", "POST", "/restApi/keys", `{"user":"admin"}`).want(t, http.StatusCreated)
	id := issued.member(t, "id").(string)
	for _, c := range []struct {
		method, path, body string
		shape              *Schema
	}{
		{"POST", "/restApi/keys/" + id + "/rotate", `{}`, keyRotated},
		{"PUT", "/restApi/keys/" + id, `{"label":"x"}`, keyShape},
		{"PATCH", "/restApi/keys/" + id, `{"label":null}`, keyShape},
	} {
		got := k.do("admin", c.method, c.path, c.body)
		v, err := parseObject(got.body)
		if err != nil || len(c.shape.open().check("", v, nil)) > 0 {
			t.Errorf("%s %s: %v %v: %s", c.method, c.path, err, c.shape.open().check("", v, nil), got.body)
		}
	}
}

// open returns the schema with its read-only members checked too.
func (s *Schema) open() *Schema {
	out := s.clone()
	for name, of := range out.Properties {
		p := of.clone()
		p.ReadOnly = false
		out.Properties[name] = p
	}
	return out
}

func TestSchemaWords(t *testing.T) {
	s := &Schema{Type: []string{"object"}, Required: []string{"n"}, Properties: map[string]*Schema{
		"n": {Type: []string{"integer"}, Minimum: new(int64(1))}, "l": {Type: []string{"array"}, Items: text(""), MaxItems: 1},
	}}
	for body, want := range map[string]string{
		`{"n":1}`: "", `{"n":2e0}`: "", `{"n":0}`: "n: at least", `{"n":1.5}`: "n: must be a whole", `{"n":"1"}`: "n: must be a whole",
		`{}`: "n: is needed", `{"n":1,"l":["a","b"]}`: "l: has at most", `{"n":1,"l":[1]}`: "l.0: must be a string", `{"n":1,"x":1}`: "x: is not known",
	} {
		v, err := parseObject([]byte(body))
		if err != nil {
			t.Fatal(err)
		}
		err = model.Invalid(s.check("", v, nil))
		if (err == nil) != (want == "") || err != nil && !strings.Contains(strings.ReplaceAll(err.Error(), "must be at least", "at least"), want) {
			t.Errorf("%s: %v, want %s", body, err, want)
		}
	}
}
