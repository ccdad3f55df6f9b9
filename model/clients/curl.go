package clients

import (
	"net/url"
	"strings"
	"time"

	"ferry/model"
)

// Curl returns shell lines that do with curl what ferry does with c: fetch a token
// where there is one, then call the base URL. Secrets are shown as placeholders; keys and
// certificates as names of files.
func Curl(c *model.Client) string {
	b := &curlLines{how: transportOptions(c)}
	if c.TLS.CAPEM != "" || c.TLS.CertPEM != "" {
		b.WriteString("# the files hold what the client has in its TLS settings\n")
	}
	if c.UsesOAuth() {
		b.token(c)
	}
	header, query := placed(c, "$TOKEN")
	b.WriteString("curl " + b.how + header)
	b.headers(c.Headers)
	b.target(c.BaseURL, query, "$TOKEN")
	return b.String()
}

// CurlCall returns the shell line that makes one call of c with curl, its token fetched by
// ferry. Target is the whole URL, its secrets masked; options are whatever else the call
// has, quoted.
func CurlCall(c *model.Client, target string, options ...string) string {
	b := &curlLines{how: transportOptions(c)}
	token := "$(ferry token " + c.Name + ")"
	header, query := placed(c, token)
	b.WriteString("curl " + b.how + header)
	b.headers(c.Headers)
	for _, o := range options {
		b.WriteString(o + " ")
	}
	b.target(target, query, token)
	return b.String()
}

// target ends a line with the URL, and the token in its query where it stands there.
func (b *curlLines) target(target, query, token string) {
	if query == "" {
		b.WriteString(ShellQuote(target) + "\n")
		return
	}
	mark := "?"
	if strings.Contains(target, "?") {
		mark = "&"
	}
	b.WriteString(ShellQuote(target+mark+query) + `"` + token + "\"\n")
}

// placed is where the token of c stands: an option, with a space behind it, or the
// parameter of the query that it ends. Token is what a shell fills in.
func placed(c *model.Client, token string) (header, query string) {
	p := c.Auth.Place
	switch {
	case !c.UsesOAuth():
		return "", ""
	case p.Query != "":
		return "", url.QueryEscape(p.Query) + "="
	case p.Header != "":
		return `-H "` + inDouble.Replace(p.Header+": "+spaced(p.Prefix)) + token + `" `, ""
	case p.Prefix != "":
		return `-H "Authorization: ` + inDouble.Replace(p.Prefix) + " " + token + `" `, ""
	}
	return `-H "Authorization: Bearer ` + token + `" `, ""
}

// inDouble escapes what a POSIX shell reads between double quotes.
var inDouble = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "$", `\$`, "`", "\\`")

func spaced(prefix string) string {
	if prefix == "" {
		return ""
	}
	return prefix + " "
}

// curlLines are lines for a shell.
type curlLines struct {
	strings.Builder
	how string // the options of every request, with a space behind them
}

func (b *curlLines) headers(list []model.Header) {
	for _, h := range list {
		value := h.Value.Reveal()
		if h.Secret {
			value = model.Mask
		}
		b.WriteString("-H " + ShellQuote(h.Name+": "+value) + " ")
	}
}

func (b *curlLines) form(name, value string) {
	b.WriteString(" --data-urlencode " + ShellQuote(name+"="+value))
}

// token writes the line that fetches the token.
func (b *curlLines) token(c *model.Client) {
	a := &c.Auth
	if a.Grant == model.GrantDevice {
		b.WriteString("# a person allows the device grant: ferry shows the code and keeps the token\n" +
			"TOKEN=$(ferry token " + ShellQuote(c.Name) + ")\n")
		return
	}
	tokenURL := a.TokenURL
	if tokenURL == "" {
		b.WriteString("# the token URL is discovered from " + a.Issuer + "\n")
		tokenURL = "TOKEN_URL"
	}
	if a.Send == model.SendKey {
		b.WriteString("# ASSERTION is a JWT signed with the client's private key (RFC 7523)\n")
	}
	b.WriteString("TOKEN=$(curl -s " + b.how)
	b.headers(a.Headers)
	b.WriteString(ShellQuote(tokenURL) + " -d grant_type=" + string(a.Grant))
	b.credentials(a)
	if a.Grant == model.GrantPassword {
		b.form("username", a.Username)
		b.WriteString(" -d password=" + model.Mask)
	}
	if len(a.Scopes) > 0 {
		b.form("scope", strings.Join(a.Scopes, " "))
	}
	if a.Audience != "" {
		b.form("audience", a.Audience)
	}
	for _, r := range a.Resources {
		b.form("resource", r)
	}
	for _, p := range a.Params {
		b.form(p.Name, p.Value)
	}
	b.WriteString(" | sed 's/.*\"access_token\": *\"\\([^\"]*\\)\".*/\\1/')\n")
}

// credentials writes how the client shows who it is (RFC 6749 §2.3, RFC 7523, RFC 8705).
func (b *curlLines) credentials(a *model.Auth) {
	switch a.Send {
	case model.SendBody:
		b.form("client_id", a.ClientID)
		b.WriteString(" -d client_secret=" + model.Mask)
	case model.SendKey:
		b.form("client_id", a.ClientID)
		b.form("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
		b.WriteString(` -d "client_assertion=$ASSERTION"`)
	case model.SendTLS, model.SendNone:
		b.form("client_id", a.ClientID)
	default:
		b.WriteString(" -u " + ShellQuote(url.QueryEscape(a.ClientID)+":"+model.Mask))
	}
}

// transportOptions are curl's options for how the requests of c travel.
func transportOptions(c *model.Client) string {
	var b strings.Builder
	option := func(name, value string) {
		if value != "" {
			b.WriteString(name + " " + ShellQuote(value) + " ")
		}
	}
	given := func(name, file string, set bool) {
		if set {
			option(name, file)
		}
	}
	t := &c.Transport
	if c.TLS.Insecure {
		b.WriteString("--insecure ")
	}
	given("--cacert", "ca.pem", c.TLS.CAPEM != "")
	given("--cert", "client.pem", c.TLS.CertPEM != "")
	given("--key", "client-key.pem", c.TLS.CertPEM != "")
	if c.TLS.MinVersion != "" {
		b.WriteString("--tlsv" + c.TLS.MinVersion + " ")
	}
	if t.Proxy == model.ProxyNone {
		option("--noproxy", "*")
	} else {
		option("--proxy", t.Proxy)
	}
	given("--proxy-user", t.ProxyUser+":"+model.Mask, t.ProxyUser != "")
	given("--connect-timeout", secondsText(t.Connect), t.Connect > 0)
	option("--user-agent", t.UserAgent)
	return b.String()
}

func secondsText(d time.Duration) string { return rateText(d.Seconds()) }

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
