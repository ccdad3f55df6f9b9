package serving

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"ferry/model"
	"ferry/model/keys"
)

// setting is how one setting is read and shown. Whether its value can be is said by
// problemsOf, which also sees what flags set.
type setting struct {
	name, help, example string
	read                func(c *model.ServeConfig, value string) error // value is not ""
	clear               func(c *model.ServeConfig)
	show                func(c *model.ServeConfig) string
}

// text is a setting that is stored as it is given.
func text(name, help, example string, at func(*model.ServeConfig) *string) setting {
	return setting{
		name: name, help: help, example: example,
		read:  func(c *model.ServeConfig, v string) error { *at(c) = v; return nil },
		clear: func(c *model.ServeConfig) { *at(c) = "" },
		show:  func(c *model.ServeConfig) string { return *at(c) },
	}
}

// pair is text for a certificate or its key. One is nothing without the other, and with
// one alone no server starts: to clear one clears both.
func pair(name, help, example string, at func(*model.ServeConfig) *string) setting {
	d := text(name, help, example, at)
	d.clear = func(c *model.ServeConfig) { c.TLSCert, c.TLSKey = "", "" }
	return d
}

// settings are all of them, in the order in which they are shown.
var settings = []setting{
	text("listen", "host:port to listen on; beyond loopback only with public_url, and tls_cert or behind_proxy",
		DefaultListen, func(c *model.ServeConfig) *string { return &c.Listen }),
	{
		name: "public_url", help: "the origin under which others reach the hub; tokens name it as their issuer", example: "https://hub.example.com",
		read:  func(c *model.ServeConfig, v string) error { c.PublicURL = origin(v); return nil },
		clear: func(c *model.ServeConfig) { c.PublicURL = "" },
		show:  func(c *model.ServeConfig) string { return c.PublicURL },
	},
	{
		name: "aliases", help: "further paths of the token endpoint, comma separated; {space} stands for a space", example: "/plt/oauth2/token",
		read:  func(c *model.ServeConfig, v string) error { c.Aliases = list(v); return nil },
		clear: func(c *model.ServeConfig) { c.Aliases = nil },
		show:  func(c *model.ServeConfig) string { return strings.Join(c.Aliases, ",") },
	},
	{
		name: "algorithm", help: "of new signing keys: ES256, EdDSA or RS256", example: "ES256",
		read:  func(c *model.ServeConfig, v string) error { c.Algorithm = algorithm(v); return nil },
		clear: func(c *model.ServeConfig) { c.Algorithm = "" },
		show:  func(c *model.ServeConfig) string { return string(c.Algorithm) },
	},
	{
		name: "default_ttl", help: "how long access tokens of new API users live: 1m to 1440m", example: "10m",
		read: func(c *model.ServeConfig, v string) (err error) {
			if c.DefaultTTL, err = keys.ParseSpan(v); err == nil && c.DefaultTTL == 0 {
				err = errors.New(ttlRange) // 0 is how it is stored that nobody has set it
			}
			return err
		},
		clear: func(c *model.ServeConfig) { c.DefaultTTL = 0 },
		show:  func(c *model.ServeConfig) string { return strconv.Itoa(int(c.DefaultTTL/time.Minute)) + "m" },
	},
	{
		name: "rotate_every", help: "how long a signing key is used: 1d to 3650d; 0 until somebody rotates it", example: "90d",
		read: func(c *model.ServeConfig, v string) (err error) {
			if c.RotateEvery, err = keys.ParseSpan(v); err == nil && c.RotateEvery == 0 {
				c.RotateEvery = never
			}
			return err
		},
		clear: func(c *model.ServeConfig) { c.RotateEvery = 0 },
		show:  func(c *model.ServeConfig) string { return spanText(c.RotateEvery) },
	},
	{
		name: "behind_proxy", help: "networks of the proxies whose X-Forwarded-For is believed, comma separated", example: "10.0.0.0/8",
		read:  func(c *model.ServeConfig, v string) (err error) { c.BehindProxy, err = prefixes(v); return err },
		clear: func(c *model.ServeConfig) { c.BehindProxy = nil },
		show:  func(c *model.ServeConfig) string { return prefixText(c.BehindProxy) },
	},
	pair("tls_cert", "absolute path of the certificate chain, PEM; read again when it changes",
		"/etc/ferry/tls.crt", func(c *model.ServeConfig) *string { return &c.TLSCert }),
	pair("tls_key", "absolute path of the certificate's private key, PEM",
		"/etc/ferry/tls.key", func(c *model.ServeConfig) *string { return &c.TLSKey }),
	text("admin_listen", "host:port that also answers health and metrics, without authentication; empty: the admin socket alone",
		"127.0.0.1:9090", func(c *model.ServeConfig) *string { return &c.AdminListen }),
}

// With returns c with one setting read from text, as Set and the flags of a server take
// it; "" takes it back to its default, a certificate together with its key. EInvalid with the setting's name as field when the
// text cannot be read; whether the value can be is for Check to say.
func With(c model.ServeConfig, name, value string) (model.ServeConfig, error) {
	i := slices.IndexFunc(settings, func(d setting) bool { return d.name == name })
	if i < 0 {
		return c, model.Errorf(model.EInvalid, "there is no setting %q", model.Printable(name)).
			WithField(name).WithNext("see the settings with: ferry serve config list")
	}
	value = strings.TrimSpace(value)
	if value == "" {
		settings[i].clear(&c)
		return c, nil
	}
	if err := settings[i].read(&c, value); err != nil {
		return c, model.Errorf(model.EInvalid, "%s: %s", name, err).WithField(name).WithNext("%s", settings[i].next())
	}
	return c, nil
}

// next is how the setting is given, for a person who got it wrong.
func (d *setting) next() string {
	return "for instance: ferry serve config set " + d.name + " " + d.example
}

func nextFor(name string) string {
	if i := slices.IndexFunc(settings, func(d setting) bool { return d.name == name }); i >= 0 {
		return settings[i].next()
	}
	return "see the settings with: ferry serve config list"
}

// list reads a comma-separated list.
func list(v string) []string {
	var out []string
	for item := range strings.SplitSeq(v, ",") {
		if item = strings.TrimSpace(item); item != "" {
			out = append(out, item)
		}
	}
	return out
}

// algorithm reads an algorithm however its letters are written.
func algorithm(v string) model.Algorithm {
	for _, a := range algorithms() {
		if strings.EqualFold(v, string(a)) {
			return a
		}
	}
	return model.Algorithm(v)
}

func algorithms() []model.Algorithm { return []model.Algorithm{model.ES256, model.EdDSA, model.RS256} }

// origin brings a URL into the one form in which an issuer is compared.
func origin(v string) string {
	u, err := url.Parse(v)
	if err != nil || u.Host == "" || u.Path != "" && u.Path != "/" {
		return v
	}
	u.Scheme, u.Host, u.Path = strings.ToLower(u.Scheme), strings.ToLower(u.Host), ""
	return u.String()
}

// spanText writes a span so that keys.ParseSpan reads it.
func spanText(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d == 0:
		return "0"
	case d%day == 0:
		return strconv.Itoa(int(d/day)) + "d"
	case d%time.Minute == 0:
		return strconv.Itoa(int(d/time.Minute)) + "m"
	}
	return d.String()
}

// prefixes reads networks, each once.
func prefixes(v string) ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, item := range list(v) {
		p, err := model.ParseNetwork(item)
		if err != nil {
			return nil, fmt.Errorf("%q: %w", model.Printable(item), err)
		}
		if !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	return out, nil
}

func prefixText(ps []netip.Prefix) string {
	out := make([]string, len(ps))
	for i, p := range ps {
		out[i] = p.String()
	}
	return strings.Join(out, ",")
}
