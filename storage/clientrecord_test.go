package storage

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ferry/model"
)

// drawAccess draws how a client proves itself and travels beyond secrets and headers.
func drawAccess(t *rapid.T, c *model.Client) {
	s := func(name string) string { return text.Draw(t, name) }
	span := func(name string) time.Duration { return time.Duration(rapid.Int64().Draw(t, name)) }
	a := &c.Auth
	a.Resources, a.DeviceURL = some(rapid.SliceOfN(text, 0, 3).Draw(t, "resources")), s("device URL")
	a.Assertion = model.Assertion{
		Key: model.NewSecret(s("key")), KeyID: s("key id"), Algorithm: s("algorithm"), Audience: model.AssertionAudience(s("key audience")),
	}
	for range rapid.IntRange(0, 3).Draw(t, "token headers") {
		a.Headers = append(a.Headers, model.Header{Name: s("header"), Value: model.NewSecret(s("value")), Secret: rapid.Bool().Draw(t, "is secret")})
	}
	a.Place = model.Place{Header: s("place"), Prefix: s("prefix"), Query: s("query")}
	c.TLS.CertPEM, c.TLS.KeyPEM, c.TLS.Insecure = s("cert"), model.NewSecret(s("TLS key")), rapid.Bool().Draw(t, "insecure")
	c.Transport = model.Transport{
		Proxy: s("proxy"), ProxyUser: s("proxy user"), ProxyPassword: model.NewSecret(s("proxy password")),
		Connect: span("connect"), FirstByte: span("first byte"), UserAgent: s("agent"), RateLimit: rapid.Float64().Draw(t, "rate"),
	}
	c.KeepBodies = rapid.Bool().Draw(t, "bodies")
}

// fill sets every field of v, however deep, to something that is not its zero value.
func fill(t *testing.T, v reflect.Value, path string) {
	t.Helper()
	switch {
	case v.Type() == reflect.TypeFor[model.Secret]():
		v.Set(reflect.ValueOf(model.NewSecret(path)))
	case v.Type() == reflect.TypeFor[time.Time]():
		v.Set(reflect.ValueOf(time.Unix(1e9, 7).UTC()))
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			fill(t, v.Field(i), path+"."+v.Type().Field(i).Name)
		}
	case v.Kind() == reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range v.Len() {
			fill(t, v.Index(i), fmt.Sprintf("%s.%d", path, i))
		}
	case v.Kind() == reflect.String:
		v.SetString(path)
	case v.Kind() == reflect.Bool:
		v.SetBool(true)
	case v.CanInt():
		v.SetInt(1234567)
	case v.CanUint():
		v.SetUint(1234567)
	case v.CanFloat():
		v.SetFloat(0.25)
	default:
		t.Fatalf("%s is of a kind that this test does not know: %s", path, v.Kind())
	}
}

// A field that is added to a client and forgotten in its record is found here.
func TestEveryFieldOfAClientIsStored(t *testing.T) {
	var want model.Client
	fill(t, reflect.ValueOf(&want).Elem(), "client")
	b, err := encode(recordOf(want))
	if err != nil {
		t.Fatal(err)
	}
	var r clientRecord
	if err := decode([]byte("k/1"), b, &r); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, r.model(), cmp.Comparer(func(a, b model.Secret) bool { return a.Equal(b) })); diff != "" {
		t.Error(diff)
	}
}

// What was stored before clients had keys, proxies and places still reads, and says of
// them what it always meant.
func TestAClientRecordOfTheFirstFormReads(t *testing.T) {
	type auth struct {
		Method   string   `cbor:"1,keyasint,omitempty"`
		Grant    string   `cbor:"2,keyasint,omitempty"`
		Send     string   `cbor:"3,keyasint,omitempty"`
		TokenURL string   `cbor:"4,keyasint,omitempty"`
		ClientID string   `cbor:"6,keyasint,omitempty"`
		Secret   string   `cbor:"7,keyasint,omitempty"`
		Scopes   []string `cbor:"10,keyasint,omitempty"`
	}
	type record struct {
		ID       string         `cbor:"1,keyasint"`
		Space    string         `cbor:"2,keyasint"`
		Name     string         `cbor:"3,keyasint"`
		BaseURL  string         `cbor:"5,keyasint,omitempty"`
		Auth     auth           `cbor:"6,keyasint"`
		Headers  []headerRecord `cbor:"7,keyasint,omitempty"`
		State    string         `cbor:"8,keyasint,omitempty"`
		CAPEM    string         `cbor:"11,keyasint,omitempty"`
		Timeout  int64          `cbor:"14,keyasint,omitempty"`
		Revision uint64         `cbor:"15,keyasint,omitempty"`
	}
	b, err := encode(record{
		ID: "c1", Space: "s1", Name: "erp", BaseURL: "https://erp.example.com", State: "active", CAPEM: "pem", Timeout: 5e9, Revision: 7,
		Auth: auth{
			Method: "oauth2", Grant: "client_credentials", Send: "auto", TokenURL: "https://erp.example.com/t", ClientID: "hub",
			Secret: "s3cret", Scopes: []string{"a", "b"},
		},
		Headers: []headerRecord{{Name: "X-API-Key", Value: "k3y", Secret: true}},
	})
	if err != nil {
		t.Fatal(err)
	}
	var r clientRecord
	if err := decode([]byte("client/s1/c1"), b, &r); err != nil {
		t.Fatal(err)
	}
	want := model.Client{
		ID: "c1", Space: "s1", Name: "erp", BaseURL: "https://erp.example.com", State: model.Active,
		TLS: model.TLS{CAPEM: "pem"}, Timeout: 5 * time.Second, Revision: 7,
		Auth: model.Auth{
			Method: model.AuthOAuth2, Grant: model.GrantClientCredentials, Send: model.SendAuto, TokenURL: "https://erp.example.com/t",
			ClientID: "hub", ClientSecret: model.NewSecret("s3cret"), Scopes: []string{"a", "b"},
		},
		Headers: []model.Header{{Name: "X-API-Key", Value: model.NewSecret("k3y"), Secret: true}},
	}
	if diff := cmp.Diff(want, r.model(), cmp.Comparer(func(a, b model.Secret) bool { return a.Equal(b) })); diff != "" {
		t.Error(diff)
	}
}
