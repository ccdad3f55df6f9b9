package command

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"ferry/model"
	"ferry/model/clients"
)

// accessFlags are the flags of create and update that say how a client gets its token and
// where it puts it, beyond the plain client credentials.
type accessFlags struct {
	keyFile, keyID, keyAlg, keyAudience  string
	device                               bool
	deviceURL                            string
	resources                            []string
	headers, secretHeaders, removed      []string // of token requests; removed is update's only
	placeHeader, placePrefix, placeQuery string
}

func (f *accessFlags) add(cmd *cobra.Command) {
	fs := cmd.Flags()
	fs.StringVar(&f.keyFile, "key-file", "", "read the private key of private_key_jwt from the PEM `FILE`, - for stdin; it means --send key")
	fs.StringVar(&f.keyID, "key-id", "", "the `ID` that its assertions name the key by")
	fs.StringVar(&f.keyAlg, "key-alg", "", "the `ALGORITHM` of its assertions (default: what the key can)")
	fs.StringVar(&f.keyAudience, "key-audience", "", "`WHOM` its assertions are for: issuer or token_url (default issuer)")
	fs.BoolVar(&f.device, "device", false, "use the device grant: a person allows it in a browser")
	fs.StringVar(&f.deviceURL, "device-url", "", "the device authorization `URL` (default: discovered from the issuer)")
	fs.StringArrayVar(&f.resources, "resource", nil, "a resource `URI` to ask for; again for more; on update these replace all")
	fs.StringArrayVar(&f.headers, "token-header", nil, "a header `'K: V'` of token requests; on update it is added or replaced")
	fs.StringArrayVar(&f.secretHeaders, "secret-token-header-file", nil, "`K=FILE`: a header of token requests whose secret value is in FILE, - for stdin or a prompt")
	fs.StringVar(&f.placeHeader, "place-header", "", "send the token in the header `NAME` instead of Authorization")
	fs.StringVar(&f.placePrefix, "place-prefix", "", "the `TEXT` before the token, with a space between")
	fs.StringVar(&f.placeQuery, "place-query", "", "send the token in the query parameter `NAME`: it ends up in logs")
	complete(cmd, "key-alg", clients.Algorithms...)
	complete(cmd, "key-audience", string(model.AudienceIssuer), string(model.AudienceTokenURL))
	nothingToComplete(cmd, "key-id", "device-url", "resource", "token-header", "place-header", "place-prefix", "place-query")
}

// nothingToComplete keeps the shell from offering the names of files.
func nothingToComplete(cmd *cobra.Command, flags ...string) {
	for _, name := range flags {
		complete(cmd, name)
	}
}

func (f *accessFlags) apply(ctx context.Context, a *app, cmd *cobra.Command, d *clients.Draft) error {
	set := cmd.Flags().Changed
	for _, t := range []struct {
		flag string
		to   *string
		v    string
	}{
		{"key-id", &d.Assertion.KeyID, f.keyID},
		{"key-alg", &d.Assertion.Algorithm, f.keyAlg},
		{"place-header", &d.Place.Header, f.placeHeader},
		{"place-prefix", &d.Place.Prefix, f.placePrefix},
		{"place-query", &d.Place.Query, f.placeQuery},
	} {
		if set(t.flag) {
			*t.to = t.v
		}
	}
	if set("key-audience") {
		d.Assertion.Audience = model.AssertionAudience(f.keyAudience)
	}
	if set("resource") {
		d.Resources = nonEmpty(f.resources)
	}
	if set("device") {
		if d.Device = f.device; !f.device {
			d.DeviceURL = ""
		}
	}
	if set("device-url") {
		d.DeviceURL = f.deviceURL
	}
	return firstError(
		func() error { return f.applyKey(a, set, d) },
		func() error {
			return tokenHeadersGiven(f.headers, f.secretHeaders, f.removed).apply(ctx, a, cmd, &d.TokenHeaders)
		},
	)
}

func (f *accessFlags) applyKey(a *app, set func(string) bool, d *clients.Draft) (err error) {
	if !set("key-file") {
		return nil
	}
	if d.Key, err = a.readKey(f.keyFile, "key-file"); err != nil {
		return err
	}
	if d.Key.Value.IsSet() && !set("send") {
		d.Send = model.SendKey
	}
	return nil
}

// readKey reads a private key from a file or a pipe; no name clears it.
func (a *app) readKey(name, flag string) (clients.SecretEdit, error) {
	if name == "" {
		return clients.SecretEdit{}, nil
	}
	text, err := a.readPEM(name, flag)
	return clients.Set(strings.TrimSpace(text)), err
}

// readPEM reads a file of certificates or a key. It has several lines, so it cannot be
// typed at a prompt.
func (a *app) readPEM(name, flag string) (string, error) {
	if name == "-" && a.env.Terminals.In {
		return "", model.Errorf(model.EUsage, "--%s cannot be typed: a PEM file has several lines", flag).
			WithField(snake(flag)).WithNext("give it a file, or pipe one into it")
	}
	b, err := a.readFile(name, flag, maxCAFile)
	if err != nil {
		return "", err
	}
	if len(b) == 0 {
		return "", model.Errorf(model.EInvalid, "%s is empty", shownName(name)).WithField(snake(flag))
	}
	return string(b), nil
}
