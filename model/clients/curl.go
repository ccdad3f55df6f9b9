package clients

import (
	"net/url"
	"strings"

	"ferry/model"
)

// Curl returns shell lines that do with curl what ferry does with c: fetch a token
// where there is one, then call the base URL. Secrets are shown as placeholders.
func Curl(c *model.Client) string {
	var b strings.Builder
	if c.UsesOAuth() {
		writeTokenCurl(&b, c)
	}
	b.WriteString("curl ")
	if c.UsesOAuth() {
		b.WriteString(`-H "Authorization: Bearer $TOKEN" `)
	}
	for _, h := range c.Headers {
		value := h.Value.Reveal()
		if h.Secret {
			value = model.Mask
		}
		b.WriteString("-H " + ShellQuote(h.Name+": "+value) + " ")
	}
	b.WriteString(ShellQuote(c.BaseURL) + "\n")
	return b.String()
}

func writeTokenCurl(b *strings.Builder, c *model.Client) {
	a := &c.Auth
	tokenURL := a.TokenURL
	if tokenURL == "" {
		b.WriteString("# the token URL is discovered from " + a.Issuer + "\n")
		tokenURL = "TOKEN_URL"
	}
	b.WriteString("TOKEN=$(curl -s " + ShellQuote(tokenURL) + " -d grant_type=" + string(a.Grant))
	if a.Send == model.SendBody {
		b.WriteString(" --data-urlencode " + ShellQuote("client_id="+a.ClientID) + " -d client_secret=" + model.Mask)
	} else {
		b.WriteString(" -u " + ShellQuote(url.QueryEscape(a.ClientID)+":"+model.Mask))
	}
	if a.Grant == model.GrantPassword {
		b.WriteString(" --data-urlencode " + ShellQuote("username="+a.Username) + " -d password=" + model.Mask)
	}
	if len(a.Scopes) > 0 {
		b.WriteString(" --data-urlencode " + ShellQuote("scope="+strings.Join(a.Scopes, " ")))
	}
	if a.Audience != "" {
		b.WriteString(" --data-urlencode " + ShellQuote("audience="+a.Audience))
	}
	for _, p := range a.Params {
		b.WriteString(" --data-urlencode " + ShellQuote(p.Name+"="+p.Value))
	}
	b.WriteString(" | sed 's/.*\"access_token\": *\"\\([^\"]*\\)\".*/\\1/')\n")
}

// ShellQuote quotes s as one word for a POSIX shell.
func ShellQuote(s string) string {
	plain := s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return !isAlnum(r) && !strings.ContainsRune("-_./:=@%+,", r)
	})
	if plain {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
