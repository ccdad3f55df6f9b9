package form

import (
	"slices"
	"strconv"
	"strings"
	"time"

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
	secret, password                     *secretInput
	oauth, allowHTTP, protected          bool
	send                                 model.ClientAuth
	minTLS                               string
	ca                                   caMode
	caPEM                                string // what caPath held when it was last read
	params                               []*paramRow
	headers                              []*headerRow
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

type paramRow struct {
	id   string
	text *field.Line // name=value
}

type headerRow struct {
	id     string
	name   *field.Line
	value  *secretInput
	secret bool
	marked bool // the person chose secret or not; the name no longer decides
}

// fill makes the inputs show d.
func (f *Form) fill(d clients.Draft) {
	in := inputs{
		name: field.NewLine(d.Name), baseURL: field.NewLine(d.BaseURL), timeout: field.NewLine(durationText(d.Timeout)),
		tokenURL: field.NewLine(d.TokenURL), issuer: field.NewLine(d.Issuer), clientID: field.NewLine(d.ClientID),
		username: field.NewLine(d.Username), scopes: field.NewLine(strings.Join(d.Scopes, " ")),
		audience: field.NewLine(d.Audience), serverName: field.NewLine(d.TLS.ServerName), caPath: field.NewLine(""),
		secret: newSecret(d.ClientSecret), password: newSecret(d.Password),
		oauth: d.Method == model.AuthOAuth2, allowHTTP: d.AllowHTTP, protected: d.Protected,
		send: d.Send, minTLS: d.TLS.MinVersion, caPEM: d.TLS.CAPEM, lastRow: f.in.lastRow,
	}
	if in.send == "" {
		in.send = model.SendAuto
	}
	if in.minTLS == "" {
		in.minTLS = "1.2"
	}
	if d.TLS.CAPEM != "" {
		in.ca = caStored
	}
	f.in = in
	for _, p := range d.Params {
		f.addParam(p.Name + "=" + p.Value)
	}
	for _, h := range d.Headers {
		f.addHeader(h)
	}
	f.in.name.Placeholder = "(letters, digits, . _ -)"
	f.in.baseURL.Placeholder = "(https://api.example.com/v1)"
	f.in.tokenURL.Placeholder = "(https://login.example.com/oauth2/token)"
	f.in.issuer.Placeholder = "(instead of the URL: discovers it)"
	f.in.username.Placeholder = "(optional, password grant)"
	f.in.password.line.Placeholder = "(optional, password grant)"
	f.in.scopes.Placeholder = "(optional, separated by spaces)"
	f.in.audience.Placeholder = "(optional)"
	f.in.timeout.Placeholder = "(" + durationText(model.DefaultTimeout) + ")"
	f.in.serverName.Placeholder = "(the host of the URL)"
	f.in.caPath.Placeholder = "(a file of certificates in PEM form)"
}

func (f *Form) rowID(kind string) string {
	f.in.lastRow++
	return kind + "." + strconv.Itoa(f.in.lastRow)
}

func (f *Form) addParam(text string) *paramRow {
	r := &paramRow{id: f.rowID("param"), text: field.NewLine(text)}
	r.text.Placeholder = "(name=value)"
	f.in.params = append(f.in.params, r)
	return r
}

func (f *Form) addHeader(h clients.HeaderDraft) *headerRow {
	r := &headerRow{
		id: f.rowID("header"), name: field.NewLine(h.Name), value: newSecret(h.Value),
		secret: h.Secret, marked: h.Name != "" && h.Secret != clients.SecretByName(h.Name),
	}
	r.name.Placeholder, r.value.line.Placeholder = "(header name)", "(value)"
	r.value.line.Secret = h.Secret
	if f.stored != nil {
		f.named(r)
	}
	f.in.headers = append(f.in.headers, r)
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
	return f.stored != nil && slices.ContainsFunc(f.stored.Headers, func(h model.Header) bool {
		return strings.EqualFold(h.Name, strings.TrimSpace(r.name.Value())) && h.Secret && h.Value.IsSet()
	})
}

// draft returns what the form says about the client. Rows left quite empty are no rows.
func (f *Form) draft() clients.Draft {
	in := &f.in
	text := func(l *field.Line) string { return strings.TrimSpace(l.Value()) }
	d := clients.Draft{
		Name: text(in.name), BaseURL: text(in.baseURL), Method: model.AuthNone,
		TokenURL: text(in.tokenURL), Issuer: text(in.issuer), ClientID: text(in.clientID),
		ClientSecret: in.secret.edit(), Username: text(in.username), Password: in.password.edit(),
		Scopes: strings.Fields(in.scopes.Value()), Audience: text(in.audience), Send: in.send,
		Protected: in.protected, AllowHTTP: in.allowHTTP, Timeout: duration(text(in.timeout)),
		TLS: model.TLS{ServerName: text(in.serverName)},
	}
	if in.oauth {
		d.Method = model.AuthOAuth2
	}
	if in.minTLS != "1.2" || f.stored != nil && f.stored.TLS.MinVersion == "1.2" {
		d.TLS.MinVersion = in.minTLS
	}
	if in.ca != caSystem {
		d.TLS.CAPEM = in.caPEM
	}
	if f.stored != nil {
		d.Revision = f.stored.Revision
		if in.ca == caStored {
			d.TLS.CAPEM = f.stored.TLS.CAPEM
		}
	}
	for _, p := range in.params {
		if name, value, _ := strings.Cut(p.text.Value(), "="); !p.text.Empty() {
			d.Params = append(d.Params, model.Param{Name: strings.TrimSpace(name), Value: value})
		}
	}
	for _, h := range in.headers {
		if !h.blank() {
			d.Headers = append(d.Headers, clients.HeaderDraft{Name: text(h.name), Value: h.value.edit(), Secret: h.secret})
		}
	}
	return d
}

func (r *headerRow) blank() bool { return r.name.Empty() && r.value.line.Empty() }

// duration reads "30s", "2m" or a number of seconds. What is neither becomes -1, which
// the check refuses.
func duration(s string) time.Duration {
	if s == "" {
		return 0
	}
	if n, err := strconv.Atoi(s); err == nil && n > 0 {
		return time.Duration(n) * time.Second
	}
	if d, err := time.ParseDuration(s); err == nil && d > 0 {
		return d
	}
	return -1
}

func durationText(d time.Duration) string {
	switch {
	case d == 0:
		return ""
	case d%time.Minute == 0:
		return strconv.Itoa(int(d/time.Minute)) + "m"
	}
	return d.String()
}
