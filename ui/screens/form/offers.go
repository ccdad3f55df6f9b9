package form

import (
	"cmp"
	"context"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/ui/screen"
	"ferry/ui/screens/editing"
	"ferry/ui/widget/sheet"
)

// offers is what an issuer's metadata says it supports.
type offers struct {
	issuer string
	meta   model.Metadata
	err    error
}

// findOffers reads the metadata of the issuer that was typed, in the background. It
// sends no secret but the proxy's own, and that only where it is stored for this proxy.
func (f *Form) findOffers() tea.Cmd {
	d := f.draft()
	if !f.in.oauth || d.Issuer == "" || f.offers.issuer == d.Issuer && f.offers.err == nil || f.problemAt("issuer", "proxy", "proxy_user", "proxy_password", "ca") {
		return nil
	}
	c := model.Client{
		Name: cmp.Or(d.Name, "this client"), BaseURL: d.BaseURL, AllowHTTP: d.AllowHTTP, TLS: d.TLS, Transport: d.Transport,
		Auth: model.Auth{Method: model.AuthOAuth2, Issuer: d.Issuer},
	}
	c.TLS.CertPEM, c.Transport.ProxyPassword = "", d.ProxyPassword.Value
	if d.ProxyPassword.Keep && f.stored != nil && !f.moved {
		c.Transport.ProxyPassword = f.stored.Transport.ProxyPassword
	}
	tok := f.Env.Hub.Tokens
	return screen.Start(f.Env.Ctx, f.ID(), &f.find, func(ctx context.Context) (offers, error) {
		meta, err := tok.Offers(ctx, &c)
		return offers{d.Issuer, meta, err}, nil
	})
}

func (f *Form) problemAt(fields ...string) bool {
	return slices.ContainsFunc(f.report.Problems, func(p model.FieldError) bool { return slices.Contains(fields, p.Field) })
}

// offersFound takes what came, unless another issuer was typed meanwhile.
func (f *Form) offersFound(r screen.Reply[offers]) {
	if screen.Accept(&f.find, r) && r.Value.issuer == f.in.issuer.Text() {
		f.offers = r.Value
		f.showOffers()
	}
}

// offered is what the issuer as it is typed now offers; empty while that is not known.
func (f *Form) offered() model.Metadata {
	if f.offers.err != nil || f.offers.issuer == "" || f.offers.issuer != f.in.issuer.Text() {
		return model.Metadata{}
	}
	return f.offers.meta
}

// showOffers puts discovered URLs where they would be typed.
func (f *Form) showOffers() {
	m := f.offered()
	f.in.tokenURL.Placeholder, f.in.deviceURL.Placeholder = "(https://login.example.com/oauth2/token)", "(discovered from the issuer)"
	if m.TokenURL != "" {
		f.in.tokenURL.Placeholder = "(" + m.TokenURL + ")"
	}
	if m.DeviceURL != "" {
		f.in.deviceURL.Placeholder = "(" + m.DeviceURL + ")"
	}
}

// offerMessages are what metadata has to say about a field. None of it is in the way of
// saving.
func (f *Form) offerMessages(field string) []sheet.Message {
	m := f.offered()
	switch field {
	case "issuer":
		return f.issuerMessages()
	case "grant":
		grant := model.GrantClientCredentials
		switch {
		case f.in.device:
			grant = model.GrantDevice
		case !blankLine(f.in.username):
			grant = model.GrantPassword
		}
		if m.GrantTypes != nil && !slices.Contains(m.GrantTypes, string(grant)) {
			return []sheet.Message{editing.Message(sheet.Warn, "the issuer does not name this grant")}
		}
	case "send":
		if !f.offersWay(f.in.send) {
			return []sheet.Message{editing.Message(sheet.Warn, "the issuer does not name this way; it names: "+strings.Join(m.AuthMethods, ", "))}
		}
	case "key_alg":
		if f.in.algorithm != "" && m.Algorithms != nil && !slices.Contains(m.Algorithms, f.in.algorithm) {
			return []sheet.Message{editing.Message(sheet.Warn, "the issuer does not name this algorithm; it names: "+strings.Join(m.Algorithms, ", "))}
		}
	}
	return nil
}

func (f *Form) issuerMessages() []sheet.Message {
	switch {
	case f.find.Running():
		return []sheet.Message{editing.Message(sheet.Hint, "asking what it offers …")}
	case f.offers.issuer == "" || f.offers.issuer != f.in.issuer.Text():
		return nil
	case f.offers.err != nil:
		return []sheet.Message{editing.Message(sheet.Hint, "what it offers is not known: "+model.AsError(f.offers.err).Message)}
	}
	m := f.offers.meta
	var parts []string
	if m.AuthMethods != nil {
		var names []string
		for _, w := range ways[1:] {
			if f.offersWay(w.way) {
				names = append(names, w.name)
			}
		}
		if len(names) > 0 {
			parts = append(parts, strings.Join(names, ", "))
		}
	}
	if m.DeviceURL != "" {
		parts = append(parts, "device code")
	}
	if n := len(m.Scopes); n > 0 {
		parts = append(parts, counted(n, "scope"))
	}
	if m.JWKSURL != "" {
		parts = append(parts, "signing keys")
	}
	if len(parts) == 0 {
		return []sheet.Message{editing.Message(sheet.Hint, "found; it does not say what it offers")}
	}
	return []sheet.Message{editing.Message(sheet.Hint, "offers: "+strings.Join(parts, " · "))}
}
