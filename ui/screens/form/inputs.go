package form

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"ferry/model"
	"ferry/model/clients"
	"ferry/ui/widget/field"
)

// inputs is everything that can be typed or chosen. Rows of lists have ids of their
// own, so that focus stays with a row when another one goes.
type inputs struct {
	name, baseURL, timeout               *field.Line
	tokenURL, issuer, clientID, username *field.Line
	scopes, audience, serverName, caPath *field.Line
	deviceURL, keyID                     *field.Line
	placeHeader, placePrefix, placeQuery *field.Line
	proxy, proxyUser, connect, firstByte *field.Line
	userAgent, rate                      *field.Line
	origins, corsMethods                 *field.Line
	secret, password, proxyPassword      *secretInput
	key, cert, tlsKey                    *pemInput
	oauth, device, insecure              bool
	allowHTTP, protected, keepBodies     bool
	upgrades, cookies, realm             bool
	send                                 model.ClientAuth
	algorithm                            string
	audienceOf                           model.AssertionAudience
	minTLS                               string
	ca                                   caMode
	caPEM                                string // what caPath held when it was last read
	params, resources                    []*textRow
	headers, tokenHeaders                []*headerRow
	lastRow                              int
}

// caMode is whose certificates are trusted.
type caMode int

const (
	caSystem caMode = iota
	caStored        // those saved with the client
	caFile          // those of a file
)

// secretInput is a secret that may be stored already. Empty, it keeps what is stored
// unless that was cleared on purpose.
type secretInput struct {
	line    *field.Line
	stored  bool
	cleared bool
}

func newSecret(e clients.SecretEdit) *secretInput {
	s := &secretInput{line: field.NewLine(e.Value.Reveal()), stored: e.Keep}
	s.line.Secret = true
	return s
}

func (s *secretInput) edit() clients.SecretEdit {
	if s.line.Empty() && s.stored && !s.cleared {
		return clients.Keep()
	}
	return clients.Set(s.line.Value())
}

// unless returns the edit, or, where the field is not shown, one that changes nothing.
func (s *secretInput) unless(hidden bool) clients.SecretEdit {
	if hidden {
		return clients.SecretEdit{Keep: s.stored}
	}
	return s.edit()
}

// textRow is a parameter (name=value) or a resource (a URI).
type textRow struct {
	id   string
	text *field.Line
}

type headerRow struct {
	id     string
	name   *field.Line
	value  *secretInput
	secret bool
	marked bool // the person chose secret or not; the name no longer decides
	token  bool // of token requests
}

// fill makes the inputs show d.
func (f *Form) fill(d clients.Draft) {
	line := field.NewLine
	t := d.Transport
	in := inputs{
		name: line(d.Name), baseURL: line(d.BaseURL), timeout: line(durationText(d.Timeout)),
		tokenURL: line(d.TokenURL), issuer: line(d.Issuer), clientID: line(d.ClientID),
		username: line(d.Username), scopes: line(strings.Join(d.Scopes, " ")),
		audience: line(d.Audience), serverName: line(d.TLS.ServerName), caPath: line(""),
		deviceURL: line(d.DeviceURL), keyID: line(d.Assertion.KeyID),
		placeHeader: line(d.Place.Header), placePrefix: line(d.Place.Prefix), placeQuery: line(d.Place.Query),
		proxy: line(t.Proxy), proxyUser: line(t.ProxyUser), connect: line(durationText(t.Connect)),
		firstByte: line(durationText(t.FirstByte)), userAgent: line(t.UserAgent), rate: line(rateText(t.RateLimit)),
		origins: line(strings.Join(d.Gateway.Origins, ", ")), corsMethods: line(strings.Join(d.Gateway.Methods, ", ")),
		upgrades: d.Gateway.Upgrades, cookies: d.Gateway.Cookies, realm: d.Gateway.Realm,
		secret: newSecret(d.ClientSecret), password: newSecret(d.Password), proxyPassword: newSecret(d.ProxyPassword),
		key: f.newPEM(d.Key, false), cert: f.newPEM(clients.Set(d.TLS.CertPEM), true), tlsKey: f.newPEM(d.TLSKey, false),
		oauth: d.Method == model.AuthOAuth2, device: d.Device || d.DeviceURL != "", insecure: d.TLS.Insecure,
		allowHTTP: d.AllowHTTP, protected: d.Protected, keepBodies: d.KeepBodies,
		send: cmp.Or(d.Send, model.SendAuto), algorithm: d.Assertion.Algorithm,
		audienceOf: cmp.Or(d.Assertion.Audience, model.AudienceIssuer),
		minTLS:     cmp.Or(d.TLS.MinVersion, "1.2"), caPEM: d.TLS.CAPEM, lastRow: f.in.lastRow,
	}
	if d.TLS.CAPEM != "" {
		in.ca = caStored
	}
	if f.stored != nil && d.TLS.CertPEM != "" && d.TLS.CertPEM == f.stored.TLS.CertPEM {
		in.cert = f.newPEM(clients.Keep(), true)
	}
	f.in = in
	for _, p := range d.Params {
		f.addParam(p.Name + "=" + p.Value)
	}
	for _, r := range d.Resources {
		f.addResource(r)
	}
	for _, h := range d.Headers {
		f.addHeader(h, false)
	}
	for _, h := range d.TokenHeaders {
		f.addHeader(h, true)
	}
	f.hints()
}

// hints says in each empty field what it is for.
func (f *Form) hints() {
	in := &f.in
	for l, text := range map[*field.Line]string{
		in.name: "(letters, digits, . _ -)", in.baseURL: "(https://api.example.com/v1)",
		in.tokenURL: "(https://login.example.com/oauth2/token)", in.issuer: "(instead of the URL: discovers it)",
		in.username: "(optional, password grant)", in.password.line: "(optional, password grant)",
		in.scopes: "(optional, separated by spaces)", in.audience: "(optional)",
		in.timeout: "(" + durationText(model.DefaultTimeout) + ")", in.serverName: "(the host of the URL)",
		in.caPath: "(a file of certificates in PEM form)", in.keyID: "(optional, kid)",
		in.deviceURL: "(discovered from the issuer)", in.placeHeader: "(Authorization)",
		in.placePrefix: "(the token's type)", in.placeQuery: "(none: a URL ends up in logs)",
		in.proxy: "(the environment's; none goes direct)", in.proxyUser: "(optional)", in.proxyPassword.line: "(optional)",
		in.connect: "(5s)", in.firstByte: "(15s)", in.userAgent: "(ferry's own)", in.rate: "(as the other side asks)",
		in.origins: "none (or https://app.example.com)", in.corsMethods: "GET, HEAD, POST",
		in.key.line: f.pemHint("its key"), in.cert.line: f.pemHint("optional"), in.tlsKey.line: f.pemHint("optional"),
	} {
		l.Placeholder = text
	}
	f.showOffers()
}

func (f *Form) pemHint(what string) string {
	if f.Env.Restricted {
		return "(" + what + ": paste it as PEM)"
	}
	return "(" + what + ": paste PEM, or /path)"
}

func (f *Form) rowID(kind string) string {
	f.in.lastRow++
	return kind + "." + strconv.Itoa(f.in.lastRow)
}

func (f *Form) addParam(text string) *textRow {
	r := &textRow{id: f.rowID("param"), text: field.NewLine(text)}
	r.text.Placeholder = "(name=value)"
	f.in.params = append(f.in.params, r)
	return r
}

func (f *Form) addResource(text string) *textRow {
	r := &textRow{id: f.rowID("resource"), text: field.NewLine(text)}
	r.text.Placeholder = "(https://api.example.com)"
	f.in.resources = append(f.in.resources, r)
	return r
}

func (f *Form) addHeader(h clients.HeaderDraft, token bool) *headerRow {
	kind, list := "header", &f.in.headers
	if token {
		kind, list = "token_header", &f.in.tokenHeaders
	}
	r := &headerRow{
		id: f.rowID(kind), name: field.NewLine(h.Name), value: newSecret(h.Value), token: token,
		secret: h.Secret, marked: h.Name != "" && h.Secret != clients.SecretByName(h.Name),
	}
	r.name.Placeholder, r.value.line.Placeholder = "(header name)", "(value)"
	r.value.line.Secret = h.Secret
	if f.stored != nil {
		f.named(r)
	}
	*list = append(*list, r)
	return r
}

// named follows a header's name: a name known to carry a credential marks the value
// as secret, and what is stored belongs to the stored name only.
func (f *Form) named(r *headerRow) {
	if !r.marked {
		r.secret = clients.SecretByName(r.name.Value())
	}
	r.value.line.Secret = r.secret
	r.value.stored = r.secret && f.storedHeader(r)
}

// storedHeader reports whether a secret value is stored under the name of r. Once the
// mark is taken off, it is not carried over: that would show it unasked.
func (f *Form) storedHeader(r *headerRow) bool {
	if f.stored == nil {
		return false
	}
	list := f.stored.Headers
	if r.token {
		list = f.stored.Auth.Headers
	}
	return slices.ContainsFunc(list, func(h model.Header) bool {
		return strings.EqualFold(h.Name, strings.TrimSpace(r.name.Value())) && h.Secret && h.Value.IsSet()
	})
}

func (r *headerRow) blank() bool { return r.name.Empty() && r.value.line.Empty() }
