package command

import (
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"ferry/model"
	"ferry/model/clients"
)

// clientFlags are the flags of create and update. A flag that was not given leaves
// its field as it is.
type clientFlags struct {
	name, baseURL                   string // name is update's only
	auth, send                      string
	tokenURL, issuer                string
	clientID, clientSecretFile      string
	username, passwordFile          string
	scopes, params                  []string
	audience                        string
	headers, secretHeaders, removed []string
	protected, allowHTTP, test      bool
	timeout                         time.Duration
	access                          accessFlags
	way                             transportFlags
	gateway                         gatewayFlags
}

func (f *clientFlags) add(cmd *cobra.Command) {
	fs := cmd.Flags()
	fs.StringVar(&f.baseURL, "base-url", "", "the API's base `URL`")
	fs.Var(choice{&f.auth, []string{"none", "oauth2"}}, "auth", "how it authenticates (default: oauth2 when one of its fields is given)")
	fs.StringVar(&f.tokenURL, "token-url", "", "the access token `URL`")
	fs.StringVar(&f.issuer, "issuer", "", "the issuer `URL` to discover the token URL from")
	fs.StringVar(&f.clientID, "client-id", "", "the client `ID`")
	fs.StringVar(&f.clientSecretFile, "client-secret-file", "", "read the client secret from `FILE`, - for stdin or a prompt")
	fs.StringVar(&f.username, "username", "", "the user `NAME` of the password grant; empty ends that grant")
	fs.StringVar(&f.passwordFile, "password-file", "", "read the password from `FILE`, - for stdin or a prompt")
	fs.StringArrayVar(&f.scopes, "scope", nil, "a `SCOPE` to ask for; again for more; on update these replace all")
	fs.StringVar(&f.audience, "audience", "", "the `AUDIENCE` to ask for")
	fs.StringArrayVar(&f.params, "param", nil, "an extra parameter `K=V` of the token request; on update these replace all")
	fs.Var(choice{&f.send, sends}, "send", "how it shows who it is at the token endpoint: key is private_key_jwt, tls is tls_client_auth (default auto)")
	fs.StringArrayVar(&f.headers, "header", nil, "a header `'K: V'` of every request; on update it is added or replaced")
	fs.StringArrayVar(&f.secretHeaders, "secret-header-file", nil, "`K=FILE`: a header whose secret value is in FILE, - for stdin or a prompt")
	fs.BoolVar(&f.protected, "protected", false, "whatever changes data there asks for the name")
	fs.BoolVar(&f.allowHTTP, "allow-http", false, "allow plain http beyond this host")
	fs.DurationVar(&f.timeout, "timeout", 0, "give up a whole exchange after this `TIME` (default 30s)")
	fs.BoolVar(&f.test, "test", false, "test the connection first, and save only when it answers")
	complete(cmd, "auth", "none", "oauth2")
	complete(cmd, "send", sends...)
	f.access.add(cmd)
	f.way.add(cmd)
	f.gateway.add(cmd)
}

// sends are the values of --send.
var sends = []string{"auto", "header", "body", "key", "tls", "none"}

// oauthFlags belong to OAuth 2.0: one of them given means that method.
var oauthFlags = []string{
	"token-url", "issuer", "client-id", "client-secret-file", "username", "password-file", "scope", "audience", "param", "send",
	"key-file", "key-id", "key-alg", "key-audience", "device", "device-url", "resource", "token-header", "secret-token-header-file",
	"place-header", "place-prefix", "place-query",
}

// apply puts what the flags say into a draft.
func (f *clientFlags) apply(ctx context.Context, a *app, cmd *cobra.Command, d *clients.Draft) error {
	set := cmd.Flags().Changed
	text := func(flag string, to *string, v string) {
		if set(flag) {
			*to = v
		}
	}
	text("base-url", &d.BaseURL, f.baseURL)
	text("token-url", &d.TokenURL, f.tokenURL)
	text("issuer", &d.Issuer, f.issuer)
	text("client-id", &d.ClientID, f.clientID)
	text("audience", &d.Audience, f.audience)
	if set("username") {
		if d.Username = f.username; f.username == "" {
			d.Password = clients.SecretEdit{}
		}
	}
	if set("protected") {
		d.Protected = f.protected
	}
	if set("allow-http") {
		d.AllowHTTP = f.allowHTTP
	}
	if set("timeout") {
		d.Timeout = f.timeout
	}
	if set("send") {
		d.Send = model.ClientAuth(f.send)
	}
	if set("scope") {
		d.Scopes = nonEmpty(f.scopes)
	}
	f.applyMethod(set, d)
	f.gateway.apply(set, d)
	return firstError(
		func() error { return f.applyParams(cmd, d) },
		func() error {
			return headersGiven(f.headers, f.secretHeaders, f.removed).apply(ctx, a, cmd, &d.Headers)
		},
		func() error { return f.applySecrets(ctx, a, d) },
		func() error { return f.access.apply(ctx, a, cmd, d) },
		func() error { return f.way.apply(ctx, a, set, d) },
	)
}

func (f *clientFlags) applyMethod(set func(string) bool, d *clients.Draft) {
	if set("auth") {
		d.Method = model.AuthMethod(f.auth)
		return
	}
	for _, name := range oauthFlags {
		if set(name) && (name != "device" || f.access.device) {
			d.Method = model.AuthOAuth2
		}
	}
}

func (f *clientFlags) applyParams(cmd *cobra.Command, d *clients.Draft) error {
	if !cmd.Flags().Changed("param") {
		return nil
	}
	d.Params = nil
	for _, p := range nonEmpty(f.params) {
		k, v, ok := strings.Cut(p, "=")
		if !ok {
			return usagef(cmd, "--param %s is not K=V", model.Printable(p)).WithField("params")
		}
		d.Params = append(d.Params, model.Param{Name: k, Value: v})
	}
	return nil
}

func (f *clientFlags) applySecrets(ctx context.Context, a *app, d *clients.Draft) error {
	for _, s := range []struct {
		flag, file, question string
		to                   *clients.SecretEdit
	}{
		{"client-secret-file", f.clientSecretFile, "Client secret", &d.ClientSecret},
		{"password-file", f.passwordFile, "Password", &d.Password},
	} {
		if s.file == "" {
			continue
		}
		secret, err := a.readSecret(ctx, s.file, s.flag, s.question)
		if err != nil {
			return err
		}
		*s.to = clients.SecretEdit{Value: secret}
	}
	return nil
}

// askSecrets asks on the terminal for what a new client still lacks.
func (a *app) askSecrets(ctx context.Context, d *clients.Draft) error {
	if !a.interactive() {
		return nil
	}
	for _, problem := range clients.Check(*d, nil).Problems {
		var err error
		switch problem.Field {
		case "password":
			d.Password.Value, err = a.askSecret(ctx, "Password of "+model.Printable(d.Username)+": ")
		case "client_secret":
			d.ClientSecret.Value, err = a.askSecret(ctx, "Client secret: ")
		case "proxy_password":
			d.ProxyPassword.Value, err = a.askSecret(ctx, "Password of "+model.Printable(d.Transport.ProxyUser)+" at the proxy: ")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func nonEmpty(in []string) []string {
	var out []string
	for _, s := range in {
		if s != "" {
			out = append(out, s)
		}
	}
	return out
}

func firstError(steps ...func() error) error {
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}
