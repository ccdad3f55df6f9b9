package record_test

import (
	"strings"
	"testing"

	"ferry/auth/transfer/record"
	"ferry/model"
)

func TestField(t *testing.T) {
	const rec = ` {"sku":"A-1", "price":{"amount":1.50,"per":null}, "items":[{"sku":"x"},[7,8]],
		"@odata.id":"u", "@odata":{"id":"v","n":1}, "a\u0062c":true, "a":{"b":{"c":1}}, "a.b":{"c":2,"d":3}, "":{"":5}} `
	for name, want := range map[string]string{
		"sku": `"A-1"`, "price": `{"amount":1.50,"per":null}`, "price.amount": "1.50", "price.per": "null", "price.gone": "",
		"items.0.sku": `"x"`, "items.1.1": "8", "items.1.2": "", "items.01": "", "items.x": "", "items.0x": "", "items.": "", "items.99999999999999999999": "",
		"@odata.id": `"u"`, "@odata.n": "1", "abc": "true", "a.b.c": "2", "a.b.d": "3", "": `{"":5}`, ".": "5", "sku.x": "", "sku.": "", "none": "",
	} {
		if got := record.Field([]byte(rec), name); string(got) != want || (got == nil) != (want == "") {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
	for _, rec := range []string{"", "7", "{", `{"sku"`, `{"sku":`, `{"sku":1,"sku":2}`, "[", `"sku"`, "null"} {
		if got := record.Field([]byte(rec), "sku"); got != nil {
			t.Errorf("%s: %q", rec, got)
		}
	}
}

func TestText(t *testing.T) {
	for value, want := range map[string]string{`"a\u00fc\n"`: "aü\n", `""`: "", "12.50": "12.50", "-0": "-0", "true": "true", " false ": "false", ` "x" `: "x"} {
		if got, ok := record.Text([]byte(value)); got != want || !ok {
			t.Errorf("%s: %q %v", value, got, ok)
		}
	}
	for _, value := range []string{"", "null", "{}", `["a"]`, `"a`} {
		if got, ok := record.Text([]byte(value)); ok {
			t.Errorf("%s: %q", value, got)
		}
	}
}

func TestExpand(t *testing.T) {
	rec := []byte(`{"sku":"A/1 ü","n":7,"empty":"","nil":null,"o":{"x":"y"},"dots":"..","ctl":"a\nb"}`)
	for path, want := range map[string]string{
		"/products/{sku}": "/products/A%2F1%20%C3%BC", "/p('{n}')/{o.x}?f={sku}": "/p('7')/y?f={sku}", "/plain": "/plain", "/{n}/{n}": "/7/7",
	} {
		if got, err := record.Expand(path, rec); err != nil || got != want {
			t.Errorf("%s: %s, %v", path, got, err)
		}
	}
	for path, says := range map[string]string{
		"/{gone}": "no gone", "/{empty}": "no empty", "/{nil}": "nil is no text", "/{o}": "o is no text", "/{dots}": `".."`, "/{ctl}": "control character",
	} {
		_, err := record.Expand(path, rec)
		if e := model.AsError(err); err == nil || e.Code != model.EInvalid || e.Field != "path" || !strings.Contains(e.Message, says) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func TestAppendLine(t *testing.T) {
	for rec, want := range map[string]string{
		`{"a":"b c","d":1}`:                       `{"a":"b c","d":1}`,
		"\t{ \"a\" :\r\n [ 1 , \"x \\\" y\" ]}\n": `{"a":[1,"x \" y"]}`,
		`{"a":"b", "c":" d "}`:                    `{"a":"b","c":" d "}`,
		`{"a":"b\\", "c":" d "}`:                  `{"a":"b\\","c":" d "}`,
		` 7 `:                                     "7",
	} {
		got, err := record.AppendLine([]byte("> "), []byte(rec))
		if err != nil || string(got) != "> "+want {
			t.Errorf("%q: %q, %v", rec, got, err)
		}
	}
	for _, rec := range []string{"", " ", "{\"a\":\"x\ny\"}", `{"a": "x`, "{\"a\":\"x\\\n\"}"} {
		if got, err := record.AppendLine(nil, []byte(rec)); model.CodeOf(err) != model.EInvalid {
			t.Errorf("%q: %q, %v", rec, got, err)
		}
	}
}
