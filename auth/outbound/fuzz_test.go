package outbound

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/rsa"
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"ferry/auth/wire"
	"ferry/model"
)

// A key file is whatever a person pasted: it signs, or it is refused by the field's name
// with nothing of it in the message.
func FuzzSigningKey(f *testing.F) {
	k := testKeys()
	for _, s := range []string{"", "x", pkcs8(f, k.ec), sec1(f, k.ec), pkcs8(f, k.ed), pemOf("PRIVATE KEY", []byte{0x30}), pemOf("X PRIVATE KEY", nil), "-----BEGIN PRIVATE KEY-----\n"} {
		f.Add(s, "")
		f.Add(s, "ES256")
	}
	f.Fuzz(func(t *testing.T, key, alg string) {
		c := keyClient("https://auth.example/token", key)
		c.Auth.Assertion.Algorithm = alg
		u, _ := url.Parse(c.Auth.TokenURL)
		signed, err := assertion(party{client: &c, endpoint: u, now: clock})
		if err == nil {
			if strings.Count(signed, ".") != 2 {
				t.Errorf("signed %q", signed)
			}
			return
		}
		e := model.AsError(err)
		if e.Code != model.EInvalid || e.Field != "key" && e.Field != "key_alg" || e.Next == "" || model.Printable(e.Message) != e.Message || len(e.Message) > 300 {
			t.Errorf("%+v", e)
		}
	})
}

// A member of a JWKS is believed only when it is strong, and tells why it is not in
// printable text.
func FuzzReadKey(f *testing.F) {
	for _, s := range []string{
		``, `{}`, `[]`, `null`, `{"kty":"oct","k":"AAAA"}`, `{"kty":"RSA","n":"AQAB","e":"AQAB"}`, `{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}`,
		`{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`, `{"kty":17,"use":"enc"}`, `{"key_ops":["verify"],"kty":"\u202e"}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		k := readKey(raw)
		if model.Printable(k.why) != k.why || len(k.why) > 200 {
			t.Errorf("why %q", k.why)
		}
		switch pub := k.key.(type) {
		case nil:
		case *rsa.PublicKey:
			if pub.N.BitLen() < minRSA {
				t.Errorf("believes %d bits", pub.N.BitLen())
			}
		case *ecdsa.PublicKey:
			if _, err := pub.ECDH(); err != nil { // it is not a point of its curve
				t.Error(err)
			}
		}
	})
}

func FuzzDeviceAnswer(f *testing.F) {
	for _, s := range []string{`{}`, deviceJSON(personal), deviceJSON(`"user_code":"\u001b","verification_uri":"https://a\u202e/"`), deviceJSON(`"user_code":7,"interval":"x"`)} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		p := &posted{client: &model.Client{}, red: wire.NewRedactor(nil), record: &wire.Record{}, answer: wire.Answer{Status: 200, Body: body}}
		if json.Unmarshal(body, &p.members) != nil {
			p.members = nil
		}
		d, err := p.deviceCode(text(p.member("device_code")), clock)
		if err != nil {
			if model.CodeOf(err) != model.EUpstream || model.Printable(err.Error()) != err.Error() {
				t.Error(err)
			}
			return
		}
		for _, shown := range []string{d.UserCode, d.URL, d.URLComplete} {
			if model.Printable(shown) != shown {
				t.Errorf("shows %q", shown)
			}
		}
		life := d.Expires.Sub(clock)
		if !d.Code.IsSet() || d.UserCode == "" || d.URL == "" || life <= 0 || life > maxDeviceLife || d.Interval <= 0 || d.Interval > maxPollInterval {
			t.Errorf("%+v", d)
		}
	})
}

// Indenting says the same, and stays within a bound of what came.
func FuzzIndented(f *testing.F) {
	for _, s := range []string{`{"a":[1,{"b":"[[\"["}]}`, strings.Repeat("[", 60) + strings.Repeat("]", 60), `"\\"`, `{`, ``} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		out := indented(raw)
		if len(out) > (2*maxDepth+4)*(len(raw)+1) {
			t.Errorf("%d bytes became %d", len(raw), len(out))
		}
		var was, is bytes.Buffer
		if json.Compact(&was, raw) != nil {
			if out != string(raw) {
				t.Errorf("%q became %q", raw, out)
			}
			return
		}
		if json.Compact(&is, []byte(out)) != nil || !bytes.Equal(was.Bytes(), is.Bytes()) {
			t.Errorf("%q became %q", raw, out)
		}
	})
}
