package tokens_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"ferry/model"
	"ferry/model/clients"
	"ferry/model/tokens"
)

func TestTheLastExchangesAreRemembered(t *testing.T) {
	b := newBench(t, time.Minute)
	c := b.client(nil)
	for i := range 7 {
		if i%2 == 0 {
			b.src.answer = func(int, model.TokenRequest) (model.Token, error) {
				return model.Token{}, model.Errorf(model.EUpstream, "503")
			}
		} else {
			b.src.answer = func(n int, _ model.TokenRequest) (model.Token, error) { return b.token(n, time.Minute), nil }
		}
		_, _ = b.Get(b.ctx, b.space, c, true)
		b.pass(2 * time.Second)
	}
	recent, err := b.Recent(b.ctx, c)
	var got []string
	for _, x := range recent {
		got = append(got, fmt.Sprint(x.RequestBody, ":", x.Status))
	}
	if s := strings.Join(got, " "); err != nil || s != "7:400 6:200 5:400 4:200 3:400" {
		t.Errorf("%s, %v", s, err)
	}
}

func TestBothAttemptsOfAutoAreRemembered(t *testing.T) {
	b := newBench(t, time.Minute)
	c := b.client(auto)
	b.src.answer = func(n int, r model.TokenRequest) (model.Token, error) {
		if r.Send == model.SendHeader {
			return model.Token{}, refuse("invalid_client")
		}
		return b.token(n, time.Minute), nil
	}
	b.get(c, false)
	if recent, err := b.Recent(b.ctx, c); err != nil || len(recent) != 2 || recent[0].Status != 200 || recent[1].Status != 400 {
		t.Errorf("%+v, %v", recent, err)
	}
}

func TestAFailedDiscoveryIsAnExchange(t *testing.T) {
	b := newBench(t, time.Minute)
	c := b.client(func(d *clients.Draft) { d.TokenURL, d.Issuer = "", "https://login.example.com" })
	b.src.noMeta = model.Errorf(model.EUnreachable, "login.example.com cannot be reached")
	if _, err := b.Get(b.ctx, b.space, c, false); model.CodeOf(err) != model.EUnreachable {
		t.Errorf("got %v", err)
	}
	recent, err := b.Recent(b.ctx, c)
	if err != nil || len(recent) != 1 || recent[0].URL != "https://login.example.com" || !strings.Contains(recent[0].Failure, "discovery: ") || recent[0].Status != 0 {
		t.Errorf("%+v, %v", recent, err)
	}
}

func TestIntrospection(t *testing.T) {
	b := newBench(t, time.Minute)
	plain := b.client(nil)
	if _, _, err := b.Introspect(b.ctx, b.space, plain); model.CodeOf(err) != model.ENotFound {
		t.Errorf("without a token: %v", err)
	}
	b.get(plain, false)
	if _, _, err := b.Introspect(b.ctx, b.space, plain); model.CodeOf(err) != model.EInvalid || model.AsError(err).Field != "issuer" {
		t.Errorf("without an issuer: %v", err)
	}
	b.src.meta = model.Metadata{TokenURL: "https://i/t"}
	c := b.client(func(d *clients.Draft) { d.Name, d.TokenURL, d.Issuer = "found", "", "https://i" })
	tok := b.get(c, false).Token.Access.Reveal()
	if _, _, err := b.Introspect(b.ctx, b.space, c); model.CodeOf(err) != model.EInvalid {
		t.Errorf("without an endpoint: %v", err)
	}
	b.src.meta.Introspection = "https://i/introspect"
	got, x, err := b.Introspect(b.ctx, b.space, c)
	if err != nil || got != `{"active":true,"as":"header","of":"`+tok+`"}` || x.URL != "https://i/introspect" {
		t.Errorf("%s %+v %v", got, x, err)
	}
	b.src.noMeta = errors.New("down")
	if _, _, err := b.Introspect(b.ctx, b.space, c); err == nil {
		t.Error("without metadata it went well")
	}
}

// Why a signature is not verified says what is missing at the issuer.
func TestWhyASignatureIsNotVerified(t *testing.T) {
	b := newBench(t, time.Minute)
	b.src.decoded = func(jwks string) model.Claims {
		if jwks != "" {
			return model.Claims{Verdict: model.VerdictValid, Detail: jwks}
		}
		return model.Claims{Verdict: model.VerdictUnverified, Detail: "give an issuer"}
	}
	c := model.Client{Auth: model.Auth{Issuer: "https://i"}}
	is := func(want string) {
		t.Helper()
		if got := b.Claims(b.ctx, &c, model.Token{}); got.Detail != want {
			t.Errorf("%+v, want %q", got, want)
		}
	}
	is("the issuer's metadata names no keys (jwks_uri)")
	b.src.noMeta = model.Errorf(model.EUnreachable, "i could not be reached")
	is("the issuer's keys are not known: i could not be reached")
	b.src.noMeta, b.src.meta.JWKSURL = nil, "https://i/keys"
	is("https://i/keys")
	c.Auth.Issuer = ""
	is("give an issuer")
}

func TestWhatAutoChooses(t *testing.T) {
	secret := func(c *model.Client) { c.Auth.ClientSecret = model.NewSecret("s") }
	key := func(c *model.Client) { c.Auth.Assertion.Key = model.NewSecret("k") }
	cert := func(c *model.Client) { c.TLS.CertPEM, c.TLS.KeyPEM = "c", model.NewSecret("k") }
	device := func(c *model.Client) { c.Auth.Grant = model.GrantDevice }
	type has = []func(*model.Client)
	for name, tc := range map[string]struct {
		has    has
		says   []string
		worked model.ClientAuth
		want   model.ClientAuth
		known  bool
	}{
		"secret":                        {has{secret}, nil, "", model.SendHeader, false},
		"secret, worked in the body":    {has{secret}, nil, model.SendBody, model.SendBody, true},
		"secret, basic":                 {has{secret}, []string{"client_secret_post", "client_secret_basic"}, model.SendBody, model.SendHeader, true},
		"secret, post":                  {has{secret}, []string{"private_key_jwt", "client_secret_post"}, "", model.SendBody, true},
		"key":                           {has{key}, nil, "", model.SendKey, true},
		"key and secret, says nothing":  {has{key, secret}, nil, model.SendHeader, model.SendKey, true},
		"key and secret, takes the key": {has{key, secret}, []string{"client_secret_basic", "private_key_jwt"}, "", model.SendKey, true},
		"key and secret, takes neither": {has{key, secret}, []string{"client_secret_post"}, "", model.SendBody, true},
		"secret, takes only keys":       {has{secret}, []string{"private_key_jwt"}, "", model.SendHeader, false},
		"certificate":                   {has{cert}, nil, "", model.SendTLS, true},
		"certificate and secret":        {has{cert, secret}, nil, "", model.SendHeader, false},
		"certificate, tls":              {has{cert, secret}, []string{"client_secret_basic", "tls_client_auth"}, "", model.SendTLS, true},
		"certificate, own":              {has{cert, secret}, []string{"self_signed_tls_client_auth"}, "", model.SendTLS, true},
		"public, a person":              {has{device}, []string{"client_secret_basic"}, "", model.SendNone, true},
		"a person and a secret":         {has{device, secret}, []string{"client_secret_post"}, "", model.SendBody, true},
	} {
		c := model.Client{Auth: model.Auth{Send: model.SendAuto, Grant: model.GrantClientCredentials}}
		for _, f := range tc.has {
			f(&c)
		}
		got, known := tokens.ChooseSend(&c, model.Metadata{AuthMethods: tc.says}, tc.worked)
		if got != tc.want || known != tc.known {
			t.Errorf("%s: %s, known %v", name, got, known)
		}
	}
}
