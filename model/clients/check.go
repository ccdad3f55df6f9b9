package clients

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"ferry/model"
)

// Report is what is to be said about a draft: problems keep it from being saved,
// warnings do not.
type Report struct {
	Problems []model.FieldError
	Warnings []model.FieldError
}

// Err returns the problems as one EInvalid error, nil when there are none.
func (r Report) Err() error { return model.Invalid(r.Problems) }

// Check says what is wrong with a draft of a new client (stored nil) or of an edit.
// It looks at the draft alone; whether the name is free is found out on saving.
func Check(d Draft, stored *model.Client) Report {
	c := d.build(stored)
	p := &problems{}
	if msg := model.NameProblem(c.Name); msg != "" {
		p.addf("name", "%s", msg)
	}
	checkURL(p, "base_url", c.BaseURL, c.AllowHTTP)
	checkAuth(p, &d, &c)
	checkHeaders(p, "headers", c.Headers, nil)
	checkTLS(p, &c.TLS)
	checkSecrets(p, &d, &c, stored)
	if c.State != model.Active && c.State != model.Disabled {
		p.addf("state", "active or disabled")
	}
	if c.Timeout < 0 || c.Timeout > model.MaxTimeout || (c.Timeout > 0 && c.Timeout < time.Second) {
		p.addf("timeout", "between 1s and %s", model.MaxTimeout)
	}
	checkTransport(p, &c)
	checkExposure(p, &c.Gateway)
	return Report{Problems: p.list, Warnings: warnings(&d, &c, stored)}
}

type problems struct{ list []model.FieldError }

func (p *problems) addf(field, format string, args ...any) {
	p.list = append(p.list, model.FieldError{Field: field, Message: fmt.Sprintf(format, args...)})
}

// MaxName is the length of the longest name, in characters.
const MaxName = model.MaxName

const maxURL = 2048

// checkURL adds what is wrong with an absolute http(s) URL.
func checkURL(p *problems, field, raw string, allowHTTP bool) {
	if raw == "" {
		p.addf(field, "a URL is needed, as in https://api.example.com")
		return
	}
	u, err := url.Parse(raw)
	switch {
	case len(raw) > maxURL:
		p.addf(field, "a URL has at most %d characters", maxURL)
	case err != nil || strings.ContainsFunc(raw, func(r rune) bool { return r <= ' ' || r == 0x7f }):
		p.addf(field, "this is no URL: write it as in https://api.example.com/v1")
	case u.Scheme != "http" && u.Scheme != "https":
		p.addf(field, "a URL begins with https:// or http://")
	case u.Host == "" || u.Hostname() == "":
		p.addf(field, "the URL names no host")
	case u.User != nil:
		p.addf(field, "a URL cannot hold a user name or password: use the authentication fields")
	case u.Fragment != "" || strings.HasSuffix(raw, "#"):
		p.addf(field, "a URL cannot hold a fragment (#…)")
	case field == "base_url" && (u.RawQuery != "" || u.ForceQuery):
		p.addf(field, "a base URL cannot hold a query (?…): give it with each call")
	case !validPort(u):
		p.addf(field, "the port is not between 1 and 65535")
	case u.Scheme == "http" && !allowHTTP && !model.IsLoopback(u.Hostname()):
		p.addf(field, "plain http would send credentials in the clear: use https, or allow plain http (--allow-http)")
	}
}

func validPort(u *url.URL) bool {
	port := u.Port()
	if port == "" {
		return !strings.HasSuffix(u.Host, ":")
	}
	var n int
	_, err := fmt.Sscanf(port, "%d", &n)
	return err == nil && n >= 1 && n <= 65535
}

func clip(s string) string {
	if len(s) > 40 {
		return s[:40] + "…"
	}
	return s
}
