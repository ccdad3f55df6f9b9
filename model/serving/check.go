package serving

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"ferry/model"
)

// Limits on settings.
const (
	MaxAliases = 20
	maxAlias   = 256 // characters
	maxProxies = 50
	maxURL     = 256
	maxPath    = 1024
)

const ttlRange = "whole minutes, from 1m to 1440m"

// Check validates settings, as Set and the flags of a server do: EInvalid with every
// field at fault. Listening beyond loopback needs a public URL, and TLS or a proxy's networks.
func Check(c model.ServeConfig) error { return invalid(problemsOf(c)) }

// problem is one thing that is wrong with settings.
type problem struct {
	field, message string
	half           bool // one of certificate and key is missing
}

func invalid(ps []problem) error {
	if len(ps) == 0 {
		return nil
	}
	fields := make([]model.FieldError, len(ps))
	for i, p := range ps {
		fields[i] = model.FieldError{Field: p.field, Message: p.message}
	}
	return model.AsError(model.Invalid(fields)).WithNext("%s", nextFor(ps[0].field))
}

type problems struct{ list []problem }

func (p *problems) addf(field, format string, args ...any) {
	p.list = append(p.list, problem{field: field, message: fmt.Sprintf(format, args...)})
}

func problemsOf(c model.ServeConfig) []problem {
	p := &problems{}
	if c.Listen == "" {
		c.Listen = DefaultListen
	}
	p.checkListen("listen", c.Listen)
	p.checkPublicURL(c.PublicURL)
	p.checkAliases(c.Aliases)
	if c.Algorithm != "" && !slices.Contains(algorithms(), c.Algorithm) {
		p.addf("algorithm", "ES256, EdDSA or RS256, not %q", model.Printable(string(c.Algorithm)))
	}
	if d := c.DefaultTTL; d != 0 && (d < model.MinTTL || d > model.MaxTTL || d%time.Minute != 0) {
		p.addf("default_ttl", ttlRange)
	}
	if d := c.RotateEvery; d != 0 && d != never && (d < 24*time.Hour || d > 3650*24*time.Hour) {
		p.addf("rotate_every", "from 1d to 3650d, or 0 for never")
	}
	p.checkProxies(c.BehindProxy)
	p.checkFiles(c.TLSCert, c.TLSKey)
	if c.AdminListen != "" {
		p.checkListen("admin_listen", c.AdminListen)
		if c.AdminListen == c.Listen && !strings.HasSuffix(c.Listen, ":0") {
			p.addf("admin_listen", "another port than listen has")
		}
	}
	p.checkBeyondLoopback(&c)
	return p.list
}

// checkBeyondLoopback is the rule of what others on the network may reach.
func (p *problems) checkBeyondLoopback(c *model.ServeConfig) {
	host, _, err := net.SplitHostPort(c.Listen)
	if err != nil || model.IsLoopback(host) {
		return
	}
	where := model.Printable(c.Listen)
	if c.PublicURL == "" {
		p.addf("public_url", "needed to listen on %s, beyond loopback: tokens name it as their issuer", where)
	}
	if c.TLSCert == "" && c.TLSKey == "" && len(c.BehindProxy) == 0 {
		p.addf("tls_cert", "listening on %s, beyond loopback, needs tls_cert and tls_key, or behind_proxy with the networks of the proxy that has them", where)
	}
}

// checkListen checks host:port. Port 0 is any that is free.
func (p *problems) checkListen(field, value string) {
	host, port, err := net.SplitHostPort(value)
	if err != nil {
		p.addf(field, "host:port, as in %s, not %q", DefaultListen, model.Printable(value))
		return
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		p.addf(field, "the port is not between 0 and 65535")
	}
	if _, err := netip.ParseAddr(host); err != nil && host != "" && !hostName(host) {
		p.addf(field, "%q is no address and no host name", model.Printable(host))
	}
}

func hostName(host string) bool {
	return len(host) <= 253 && strings.Trim(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.") == "" &&
		!strings.HasPrefix(host, "-") && !strings.Contains(host, "..")
}

// checkPublicURL checks the origin that becomes the issuer of tokens.
func (p *problems) checkPublicURL(raw string) {
	if raw == "" {
		return
	}
	const field = "public_url"
	u, err := url.Parse(raw)
	switch {
	case len(raw) > maxURL:
		p.addf(field, "at most %d characters", maxURL)
	case err != nil || u.Hostname() == "" || u.Scheme != "https" && u.Scheme != "http":
		p.addf(field, "an origin, as in https://hub.example.com, not %q", model.Printable(raw))
	case u.User != nil:
		p.addf(field, "it cannot hold a user name or password")
	case origin(raw) != raw: // an issuer is compared letter by letter
		p.addf(field, "write it as %s", model.Printable(origin(raw)))
	case u.Path != "" || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || strings.HasSuffix(raw, "#"):
		p.addf(field, "an origin alone, without path, query or fragment, as in https://hub.example.com")
	case !urlHost(u):
		p.addf(field, "%q is no host with a port between 1 and 65535", model.Printable(u.Host))
	case u.Scheme == "http" && !model.IsLoopback(u.Hostname()):
		p.addf(field, "plain http would send secrets and tokens in the clear: use https")
	}
}

func urlHost(u *url.URL) bool {
	host, port := u.Hostname(), u.Port()
	if _, err := netip.ParseAddr(host); err != nil && !hostName(host) {
		return false
	}
	if port == "" {
		return !strings.HasSuffix(u.Host, ":")
	}
	n, err := strconv.ParseUint(port, 10, 16)
	return err == nil && n > 0
}

func (p *problems) checkProxies(networks []netip.Prefix) {
	if len(networks) > maxProxies {
		p.addf("behind_proxy", "at most %d networks", maxProxies)
	}
	for _, n := range networks {
		switch {
		case !n.IsValid():
			p.addf("behind_proxy", "a network does not read: give them all again")
		case n.Bits() == 0:
			p.addf("behind_proxy", "%s is everybody: anyone could claim any address", n)
		}
	}
}

func (p *problems) checkFiles(cert, key string) {
	for _, f := range []struct{ field, path string }{{"tls_cert", cert}, {"tls_key", key}} {
		switch {
		case f.path == "":
		case len(f.path) > maxPath || strings.ContainsFunc(f.path, func(r rune) bool { return r < ' ' || r == 0x7f }):
			p.addf(f.field, "this is no path of a file")
		case !filepath.IsAbs(f.path):
			p.addf(f.field, "an absolute path: a server does not start where you are now")
		}
	}
	switch {
	case cert != "" && key == "":
		p.list = append(p.list, problem{field: "tls_key", message: "the certificate needs its private key", half: true})
	case cert == "" && key != "":
		p.list = append(p.list, problem{field: "tls_cert", message: "the private key needs its certificate", half: true})
	}
}
