package tokens_test

import (
	"testing"

	"ferry/model"
	"ferry/model/tokens"
)

func TestWhereATokenStands(t *testing.T) {
	for want, place := range map[string]model.Place{
		"Authorization: Bearer tok": {},
		"Authorization: Zoho tok":   {Prefix: "Zoho"},
		"X-Auth: tok":               {Header: "X-Auth"},
		"X-Auth: Token tok":         {Header: "X-Auth", Prefix: "Token"},
		": ":                        {Query: "access_token"},
	} {
		name, value := tokens.Header(&model.Client{Auth: model.Auth{Place: place}}, model.Token{Type: "bearer", Access: model.NewSecret("tok")})
		if got := name + ": " + value.Reveal(); got != want {
			t.Errorf("%+v: %q, want %q", place, got, want)
		}
	}
}
