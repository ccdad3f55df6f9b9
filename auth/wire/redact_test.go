package wire

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"strings"
	"testing"

	"ferry/auth/wire/wiretest"
	"ferry/model"
)

// echoes are the ways in which servers were seen to write a secret back.
func echoes(secret string) map[string]string {
	js, _ := json.Marshal(secret)
	twice, _ := json.Marshal(string(js))
	return map[string]string{
		"plain":         "wrong secret " + secret + " for hub",
		"query":         "client_id=hub&other=" + url.QueryEscape(secret),
		"path":          "/x/" + url.PathEscape(secret),
		"JSON":          `{"detail":` + string(js) + `}`,
		"JSON in JSON":  `{"detail":` + string(twice) + `}`,
		"slash escaped": strings.ReplaceAll(`{"detail":`+string(js)+`}`, "/", `\/`),
		"HTML":          "<p>" + html.EscapeString(secret) + "</p>",
		"base64":        base64.StdEncoding.EncodeToString([]byte(secret)),
		"Basic":         "Basic " + base64.StdEncoding.EncodeToString([]byte(url.QueryEscape("hub")+":"+url.QueryEscape(secret))),
		"raw Basic":     "Basic " + base64.StdEncoding.EncodeToString([]byte("hub:"+secret)),
		"hex":           fmt.Sprintf("%x", secret),
		"small hex":     strings.ToLower(url.QueryEscape("é")) + lowerHex(url.QueryEscape(secret)),
	}
}

// CASES: an error body that echoes the secret → redacted.
func TestEchoedSecretIsMaskedInEveryForm(t *testing.T) {
	for _, secret := range []string{canary, "simple-secret-1234", `quo"te\back/<&>' secret`, "ключ-от-всего", "tab\tnew-secret"} {
		red := NewRedactor([]model.Secret{model.NewSecret(secret)}, "hub")
		for form, text := range echoes(secret) {
			got := red.Mask(text)
			wiretest.Leaks(t, form, got, secret)
			if !strings.Contains(got, model.Mask) {
				t.Errorf("%s of %q: %q is not masked", form, secret, got)
			}
		}
	}
}

func TestASCIIOnlyJSONIsMasked(t *testing.T) {
	red := NewRedactor([]model.Secret{model.NewSecret("geheim-é-𝄞")})
	if got := red.Mask(`{"d":"geheim-\u00e9-\ud834\udd1e"}`); got != `{"d":"`+model.Mask+`"}` {
		t.Errorf("%q", got)
	}
}

func TestSecretFieldsAreMaskedByName(t *testing.T) {
	red := NewRedactor(nil)
	const v = "unknown-value-1"
	for _, text := range []string{
		`{"access_token":"` + v + `"}`, `{"Refresh_Token" : "` + v + `"}`, `{"id_token":"` + v, `{"password":"un\"` + v + `"}`,
		"client_secret=" + v + "&a=b", "a=b&password=" + v, "?access_token=" + v, "/x?a=1&assertion=" + v + "#f",
		`{"m":"{\"access_token\":\"` + v + `\"}"}`, `{'password': '` + v + `'}`, `{"client_secret":` + v + `,"a":1}`,
	} {
		if got := red.Mask(text); strings.Contains(got, v) || !strings.Contains(got, model.Mask) {
			t.Errorf("%q became %q", text, got)
		}
	}
	for _, text := range []string{`{"error":"invalid_client"}`, "grant_type=client_credentials&scope=a", "the password was wrong"} {
		if got := red.Mask(text); got != text {
			t.Errorf("%q became %q", text, got)
		}
	}
}

func TestShortSecretIsMaskedAsAWordOnly(t *testing.T) {
	red := NewRedactor([]model.Secret{model.NewSecret("abc")})
	if got := red.mask("abc xabcx abc, (abc) abcd"); got != strings.ReplaceAll("M xabcx M, (M) abcd", "M", model.Mask) {
		t.Errorf("%q", got)
	}
}

func TestTextIsCutAfterMasking(t *testing.T) {
	red := NewRedactor([]model.Secret{model.NewSecret(canary)})
	for lead := model.MaxErrorBody - 40; lead <= model.MaxErrorBody+2; lead += 3 {
		got, cut := red.Text(strings.Repeat("x", lead) + canary + strings.Repeat("y", 50000))
		if i := strings.Index(got, "canary"); i >= 0 || !cut || len(got) > model.MaxErrorBody {
			t.Fatalf("lead %d: %d bytes, cut %t, %q", lead, len(got), cut, got[max(0, len(got)-60):])
		}
	}
}

func FuzzRedaction(f *testing.F) {
	for _, s := range []string{canary, "abc", `a"b\c`, "sécret", "%2B%2b", "a b c d"} {
		f.Add(s, "before ", " after")
	}
	f.Fuzz(func(t *testing.T, secret, before, after string) {
		if len(secret) < shortSecret || len(secret) > 1000 || strings.Trim(secret, "•") == "" {
			return // nothing to look for
		}
		red := NewRedactor([]model.Secret{model.NewSecret(secret)}, "hub")
		for form, text := range echoes(secret) {
			// Whatever stands around it, the secret itself is gone from what is shown.
			got, _ := red.Text(before + text + after)
			wiretest.Controls(t, form, got)
			if got := red.mask(text); strings.Contains(got, secret) && !strings.Contains(strings.ReplaceAll(text, secret, ""), secret) {
				t.Errorf("%s of %q: %q", form, secret, got)
			}
		}
	})
}

// What is passed over because it names no secret is what the patterns would leave alone.
func TestNothingIsPassedOverThatThePatternsMask(t *testing.T) {
	p := patterns()
	for _, name := range strings.Split(strings.ReplaceAll(secretFields, "api_?key", "api_key|apikey"), "|") {
		for _, spelled := range []string{name, strings.ToUpper(name), strings.ReplaceAll(name, "s", "ſ"), strings.ReplaceAll(name, "k", "\u212a")} {
			for _, text := range []string{`{"` + spelled + `":"v"}`, spelled + "=v", `\"` + spelled + `\": 5`} {
				if (p.json.MatchString(text) || p.form.MatchString(text)) && !namesSecret(text) {
					t.Errorf("%q is passed over", text)
				}
				if !p.json.MatchString(text) && !p.form.MatchString(text) {
					t.Errorf("the patterns do not know %q", text)
				}
			}
		}
	}
}
