package tokens_test

import (
	"testing"

	"ferry/model"
	"ferry/model/tokens"
)

// A token is never used for a client that proves itself, asks or travels otherwise than
// when it was issued; what does not decide which token one gets does not count.
func TestTheIdentityCountsHowAClientProvesItselfAndTravels(t *testing.T) {
	base := model.Client{ID: "1", BaseURL: "https://a", Auth: model.Auth{
		Method: model.AuthOAuth2, Grant: model.GrantClientCredentials, TokenURL: "https://a/t", ClientID: "i",
		Headers: []model.Header{{Name: "X-A", Value: model.NewSecret("1")}},
	}}
	seen := map[string]string{tokens.Identity(&base): "base"}
	secret := model.NewSecret("x")
	for name, edit := range map[string]func(*model.Client){
		"device URL": func(c *model.Client) { c.Auth.DeviceURL = "x" }, "device grant": func(c *model.Client) { c.Auth.Grant = model.GrantDevice },
		"key": func(c *model.Client) { c.Auth.Assertion.Key = secret }, "key id": func(c *model.Client) { c.Auth.Assertion.KeyID = "x" },
		"algorithm":    func(c *model.Client) { c.Auth.Assertion.Algorithm = "x" },
		"key audience": func(c *model.Client) { c.Auth.Assertion.Audience = "x" },
		"resource":     func(c *model.Client) { c.Auth.Resources = []string{"x"} },
		"two resources": func(c *model.Client) {
			c.Auth.Resources = []string{"x", "y"}
		},
		"token header": func(c *model.Client) { c.Auth.Headers[0].Name = "X-B" }, "header value": func(c *model.Client) { c.Auth.Headers[0].Value = secret },
		"no header":       func(c *model.Client) { c.Auth.Headers = nil },
		"headers as such": func(c *model.Client) { c.Auth.Resources, c.Auth.Headers = []string{"X-A", "1"}, nil },
		"certificate":     func(c *model.Client) { c.TLS.CertPEM = "x" }, "TLS key": func(c *model.Client) { c.TLS.KeyPEM = secret },
		"insecure": func(c *model.Client) { c.TLS.Insecure = true }, "proxy": func(c *model.Client) { c.Transport.Proxy = "x" },
		"proxy user": func(c *model.Client) { c.Transport.ProxyUser = "x" }, "proxy password": func(c *model.Client) { c.Transport.ProxyPassword = secret },
	} {
		c := base.Clone()
		edit(&c)
		id := tokens.Identity(&c)
		if other, taken := seen[id]; taken {
			t.Errorf("%s has the identity of %s", name, other)
		}
		seen[id] = name
	}
	for name, edit := range map[string]func(*model.Client){
		"name": func(c *model.Client) { c.Name = "x" }, "place": func(c *model.Client) { c.Auth.Place.Header = "x" },
		"rate": func(c *model.Client) { c.Transport.RateLimit = 1 }, "agent": func(c *model.Client) { c.Transport.UserAgent = "x" },
		"bodies": func(c *model.Client) { c.KeepBodies = true },
	} {
		c := base.Clone()
		edit(&c)
		if seen[tokens.Identity(&c)] != "base" {
			t.Errorf("%s changes the identity", name)
		}
	}
}
