package form

import (
	"strconv"
	"strings"
	"time"

	"ferry/model"
	"ferry/model/clients"
)

// draft returns what the form says about the client. Rows left quite empty are no rows,
// and a secret typed into a field that is not there any more is none.
func (f *Form) draft() clients.Draft {
	in := &f.in
	d := clients.Draft{
		Name: in.name.Text(), BaseURL: in.baseURL.Text(), Method: model.AuthNone,
		TokenURL: in.tokenURL.Text(), Issuer: in.issuer.Text(), ClientID: in.clientID.Text(),
		Scopes: strings.Fields(in.scopes.Value()), Audience: in.audience.Text(), Send: in.send, Device: in.device,
		Protected: in.protected, AllowHTTP: in.allowHTTP, KeepBodies: in.keepBodies, Timeout: duration(in.timeout.Text()),
		Assertion: model.Assertion{KeyID: in.keyID.Text(), Algorithm: in.algorithm, Audience: in.audienceOf},
		Place:     model.Place{Header: in.placeHeader.Text(), Prefix: in.placePrefix.Text(), Query: in.placeQuery.Text()},
		Transport: model.Transport{
			Proxy: in.proxy.Text(), ProxyUser: in.proxyUser.Text(), Connect: duration(in.connect.Text()),
			FirstByte: duration(in.firstByte.Text()), UserAgent: in.userAgent.Text(), RateLimit: rate(in.rate.Text()),
		},
		Gateway:      model.Exposure{Origins: in.origins.List(), Methods: in.corsMethods.List(), Upgrades: in.upgrades, Cookies: in.cookies, Realm: in.realm},
		ClientSecret: in.secret.unless(!in.sendsSecret()), Key: in.key.unless(in.send != model.SendKey),
		ProxyPassword: in.proxyPassword.edit(), TLSKey: in.tlsKey.edit(), TLS: f.tlsDraft(),
		Headers: headersOf(in.headers), TokenHeaders: headersOf(in.tokenHeaders),
	}
	if in.oauth {
		d.Method = model.AuthOAuth2
	}
	if in.device {
		d.DeviceURL, d.Password = in.deviceURL.Text(), in.password.unless(true)
		d.Password.Keep = false // with a password it would not be the device grant
	} else {
		d.Username, d.Password = in.username.Text(), in.password.edit()
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
			d.Resources = append(d.Resources, r.text.Text())
		}
	}
	return d
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
			out = append(out, clients.HeaderDraft{Name: h.name.Text(), Value: h.value.edit(), Secret: h.secret})
		}
	}
	return out
}

func (f *Form) tlsDraft() model.TLS {
	in := &f.in
	t := model.TLS{ServerName: in.serverName.Text(), Insecure: in.insecure, CertPEM: in.cert.value()}
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
