package wire

import (
	"net/url"
	"strings"

	"ferry/model"
)

// CheckURL parses an absolute URL that c is about to send to and refuses what must
// not be sent to: another scheme than http and https, userinfo, no host, and plain
// http beyond loopback unless the client allows it. EInvalid with field.
func CheckURL(c *model.Client, raw, field string) (*url.URL, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.Hostname() == "" {
		return nil, model.Errorf(model.EInvalid, "%q is not an absolute http or https URL", clip(model.Printable(stripUserinfo(raw)), 200)).WithField(field)
	}
	return u, CheckParsed(c, u, field)
}

// CheckParsed is CheckURL for a URL that was parsed before.
func CheckParsed(c *model.Client, u *url.URL, field string) error {
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return model.Errorf(model.EInvalid, "%q is not an http or https URL", model.Printable(u.Scheme+"://"+u.Host)).WithField(field)
	case u.User != nil:
		return model.Errorf(model.EInvalid, "a URL must not hold a user name or password").WithField(field)
	case u.Scheme == "http" && !c.AllowHTTP && !model.IsLoopback(u.Hostname()):
		return model.Errorf(model.EInvalid, "plain http to %s would show credentials to the network; nothing was sent", model.Printable(u.Host)).WithField(field).
			WithNext("use https, or allow it: ferry client update %s --allow-http", model.Printable(c.Name))
	}
	return nil
}

// stripUserinfo keeps a password in a URL that does not parse out of a message.
func stripUserinfo(raw string) string {
	if i := strings.LastIndex(raw, "@"); i >= 0 {
		return model.Mask + raw[i:]
	}
	return raw
}

// clip cuts s to at most n characters.
func clip(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i] + "…"
		}
		n--
	}
	return s
}

const agentName = "ferry/"

// UserAgent is how ferry names itself.
func UserAgent(version string) string {
	if version == "" {
		version = "dev"
	}
	return agentName + version
}
