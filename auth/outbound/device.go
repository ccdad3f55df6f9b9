package outbound

import (
	"context"
	"net/url"
	"strings"
	"time"

	"ferry/model"
)

// device is RFC 8628: a person allows the client on another device. One Fetch is one
// poll (§3.4) with the device code, or one refresh (RFC 6749 §6) with the refresh token.
var device = grant{
	kind:    model.GrantDevice,
	keeps:   true,
	missing: func(*model.Auth) []string { return nil },
	form: func(r *model.TokenRequest, v url.Values) error {
		switch {
		case r.Device.IsSet() && r.Refresh.IsSet():
			return model.Errorf(model.EInternal, "a token request is a poll or a refresh, not both")
		case r.Device.IsSet():
			v.Set("grant_type", string(model.GrantDevice))
			v.Set("device_code", r.Device.Reveal())
		case r.Refresh.IsSet():
			refreshForm(r, v)
		default:
			return model.Errorf(model.EPermission, "\"%s\" needs a person to allow it, and none has", model.Printable(r.Client.Name)).
				WithNext("run it on a terminal: ferry token %s", model.Printable(r.Client.Name))
		}
		return nil
	},
}

// Bounds on what an endpoint says about a device code. Polls are 5 s apart unless it
// says otherwise (RFC 8628 §3.2).
const (
	pollInterval    = 5 * time.Second
	maxPollInterval = 5 * time.Minute
	deviceLife      = 10 * time.Minute // when it does not say
	maxDeviceLife   = time.Hour
	maxUserCode     = 64 // characters
)

// StartDevice makes one device authorization request (RFC 8628 §3.1). Errors are those
// of Fetch; EUpstream when the answer names no code, or no URL that a person may open.
func (s *Source) StartDevice(ctx context.Context, c model.Client, deviceURL string, send model.ClientAuth) (model.DeviceCode, model.Exchange, error) {
	form := url.Values{}
	if len(c.Auth.Scopes) > 0 {
		form.Set("scope", scopeOf(&c))
	}
	if err := addParams(&c, form); err != nil {
		return model.DeviceCode{}, model.Exchange{}, err
	}
	began := s.now()
	p, err := s.post(ctx, &c, deviceEndpoint, deviceURL, send, form)
	if p == nil {
		return model.DeviceCode{}, model.Exchange{}, err
	}
	code := text(p.member("device_code"))
	p.red.Add([]model.Secret{model.NewSecret(code)})
	if err == nil {
		err = p.refusedUnless2xx()
	}
	var d model.DeviceCode
	if err == nil {
		d, err = p.deviceCode(code, began)
	}
	return d, p.exchange(), err
}

// deviceCode reads the answer of RFC 8628 §3.2.
func (p *posted) deviceCode(code string, began time.Time) (model.DeviceCode, error) {
	user := strings.TrimSpace(text(p.member("user_code")))
	page := text(p.member("verification_uri"))
	if page == "" {
		page = text(p.member("verification_url")) // as drafts of the RFC called it
	}
	d := model.DeviceCode{
		Code: model.NewSecret(code), UserCode: p.red.Line(user, maxUserCode),
		URL: p.page(page), URLComplete: p.page(text(p.member("verification_uri_complete"))),
		Interval: pollInterval, Expires: began.Add(deviceLife),
	}
	switch {
	case code == "" || len(code) > model.MaxTokenText:
		return model.DeviceCode{}, p.useless("without a device code that can be used")
	case d.UserCode == "" || len([]rune(user)) > maxUserCode:
		return model.DeviceCode{}, p.useless("without a code that a person could type")
	case d.URL == "":
		return model.DeviceCode{}, p.useless("without a URL that a person could open")
	}
	if n := lifetime(p.member("interval")); n > 0 {
		d.Interval = min(max(n, time.Second), maxPollInterval)
	}
	if n := lifetime(p.member("expires_in")); n > 0 {
		d.Expires = began.Add(min(n, maxDeviceLife))
	}
	return d, nil
}

// page is a URL for a person to open: absolute, http or https, without a user name
// that could pass for the host, sanitised. "" when it is not.
func (p *posted) page(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || u.Hostname() == "" || u.User != nil || u.Scheme != "http" && u.Scheme != "https" || len(raw) > 2000 {
		return ""
	}
	return p.red.Line(raw, 2000)
}

var deviceEndpoint = endpoint{what: "device authorization endpoint", field: "device_url", flag: "--device-url URL"}
