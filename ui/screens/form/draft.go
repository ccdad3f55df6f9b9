package form

import (
	"strconv"
	"strings"
	"time"

	"ferry/model"
	"ferry/model/clients"
	"ferry/ui/widget/field"
)

func text(l *field.Line) string { return strings.TrimSpace(l.Value()) }

// draft returns what the form says about the client. Rows left quite empty are no rows,
// and a secret typed into a field that is not there any more is none.
func (f *Form) draft() clients.Draft {
	in := &f.in
	d := clients.Draft{
		Name: text(in.name), BaseURL: text(in.baseURL), Method: model.AuthNone,
		TokenURL: text(in.tokenURL), Issuer: text(in.issuer), ClientID: text(in.clientID),
		Scopes: strings.Fields(in.scopes.Value()), Audience: text(in.audience), Send: in.send, Device: in.device,
		Protected: in.protected, AllowHTTP: in.allowHTTP, KeepBodies: in.keepBodies, Timeout: duration(text(in.timeout)),
		Assertion: model.Assertion{KeyID: text(in.keyID), Algorithm: in.algorithm, Audience: in.audienceOf},
		Place:     model.Place{Header: text(in.placeHeader), Prefix: text(in.placePrefix), Query: text(in.placeQuery)},
		Transport: model.Transport{
			Proxy: text(in.proxy), ProxyUser: text(in.proxyUser), Connect: duration(text(in.connect)),
			FirstByte: duration(text(in.firstByte)), UserAgent: text(in.userAgent), RateLimit: rate(text(in.rate)),
		},
		Gateway:      model.Exposure{Origins: listed(in.origins), Methods: listed(in.corsMethods), Upgrades: in.upgrades, Cookies: in.cookies, Realm: in.realm},
		ClientSecret: in.secret.unless(!in.sendsSecret()), Key: in.key.unless(in.send != model.SendKey),
		ProxyPassword: in.proxyPassword.edit(), TLSKey: in.tlsKey.edit(), TLS: f.tlsDraft(),
		Headers: headersOf(in.headers), TokenHeaders: headersOf(in.tokenHeaders),
	}
	if in.oauth {
		d.Method = model.AuthOAuth2
	}
	if in.device {
		d.DeviceURL, d.Password = text(in.deviceURL), in.password.unless(true)
		d.Password.Keep = false // with a password it would not be the device grant
	} else {
		d.Username, d.Password = text(in.username), in.password.edit()
	}
	if in.audienceOf == model.AudienceIssuer && (f.stored == nil || f.stored.Auth.Assertion.Audience == "") {
		d.Assertion.Audience = ""
	}
	if f.stored != nil {
		d.Revision = f.stored.Revision
	}
	for _, p := range in.params {
		if name, value, _ := strings.Cut(p.text.Value(), "="); !p.text.Empty() {
			d.Params = append(d.Params, model.Param{Name: strings.TrimSpace(name), Value: value})
		}
	}
	for _, r := range in.resources {
		if !r.text.Empty() {
			d.Resources = append(d.Resources, text(r.text))
		}
	}
	return d
}

// listed is what stands in a field, with commas, spaces or line breaks between.
func listed(l *field.Line) []string {
	list := strings.FieldsFunc(l.Value(), func(r rune) bool { return strings.ContainsRune(", \t\r\n;", r) })
	if len(list) == 0 {
		return nil
	}
	return list
}

// sendsSecret reports whether the client secret is what the client authenticates with.
func (in *inputs) sendsSecret() bool {
	switch in.send {
	case model.SendKey, model.SendTLS, model.SendNone:
		return false
	}
	return true
}

func headersOf(rows []*headerRow) []clients.HeaderDraft {
	var out []clients.HeaderDraft
	for _, h := range rows {
		if !h.blank() {
			out = append(out, clients.HeaderDraft{Name: text(h.name), Value: h.value.edit(), Secret: h.secret})
		}
	}
	return out
}

func (f *Form) tlsDraft() model.TLS {
	in := &f.in
	t := model.TLS{ServerName: text(in.serverName), Insecure: in.insecure, CertPEM: in.cert.value()}
	if in.minTLS != "1.2" || f.stored != nil && f.stored.TLS.MinVersion == "1.2" {
		t.MinVersion = in.minTLS
	}
	if in.cert.keeps() && f.stored != nil {
		t.CertPEM = f.stored.TLS.CertPEM
	}
	switch {
	case in.ca == caStored && f.stored != nil:
		t.CAPEM = f.stored.TLS.CAPEM
	case in.ca != caSystem:
		t.CAPEM = in.caPEM
	}
	return t
}

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

// rate reads a number of requests a second; what is none becomes -1, which the check
// refuses.
func rate(s string) float64 {
	if s == "" {
		return 0
	}
	if n, err := strconv.ParseFloat(s, 64); err == nil && n > 0 {
		return n
	}
	return -1
}

func rateText(n float64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatFloat(n, 'g', -1, 64)
}
