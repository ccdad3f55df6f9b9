package wire

import (
	"net"
	"net/http"
	"net/url"
	"slices"

	"ferry/model"
)

// route is how a request travels: straight when proxy is nil.
type route struct {
	proxy    *url.URL // scheme and host only
	user     string
	password model.Secret
	own      bool // the client names the proxy, not the environment
}

// proxySchemes are the proxies that are spoken to, with their default ports. socks5
// looks the host up here, socks5h there.
var proxySchemes = map[string]string{"http": "80", "https": "443", "socks5": "1080", "socks5h": "1080"}

// routeTo returns c's way to u. A client's own proxy is used for every host. The
// environment's (HTTPS_PROXY, HTTP_PROXY, NO_PROXY) never for loopback: a credential
// for this machine does not leave it.
func (p *Pool) routeTo(c *model.Client, u *url.URL) (route, error) {
	t := &c.Transport
	if t.Proxy == model.ProxyNone {
		return route{}, nil
	}
	if t.Proxy != "" {
		via, err := url.Parse(t.Proxy)
		if err != nil || via.Hostname() == "" || proxySchemes[via.Scheme] == "" || via.User != nil {
			return route{}, model.Errorf(model.EInvalid, "the proxy is no http, https, socks5 or socks5h URL without a user name").WithField("proxy").
				WithNext("write it as in http://proxy.example.com:3128, or none")
		}
		return route{proxy: &url.URL{Scheme: via.Scheme, Host: via.Host}, user: t.ProxyUser, password: t.ProxyPassword, own: true}, nil
	}
	if p.direct || model.IsLoopback(u.Hostname()) {
		return route{}, nil
	}
	via, err := http.ProxyFromEnvironment(&http.Request{URL: u})
	if err != nil || via != nil && proxySchemes[via.Scheme] == "" {
		return route{}, model.Errorf(model.EInvalid, "the proxy of the environment is no URL that can be used").WithField("proxy").
			WithNext("mend HTTPS_PROXY and HTTP_PROXY, or go without: ferry client update %s --proxy none", model.Printable(c.Name))
	}
	if via == nil {
		return route{}, nil
	}
	r := route{proxy: &url.URL{Scheme: via.Scheme, Host: via.Host}, user: via.User.Username()}
	secret, _ := via.User.Password()
	r.password = model.NewSecret(secret)
	return r, nil
}

func (r route) scheme() string {
	if r.proxy == nil {
		return ""
	}
	return r.proxy.Scheme
}

// host is host:port of the proxy, "" without one.
func (r route) host() string {
	if r.proxy == nil {
		return ""
	}
	if r.proxy.Port() != "" {
		return r.proxy.Host
	}
	return net.JoinHostPort(r.proxy.Hostname(), proxySchemes[r.proxy.Scheme])
}

// speaksHTTP tells a proxy that can be asked for a plain http URL itself.
func (r route) speaksHTTP() bool { return slices.Contains([]string{"http", "https"}, r.scheme()) }

func (r route) userinfo() *url.Userinfo {
	if r.user == "" && !r.password.IsSet() {
		return nil
	}
	return url.UserPassword(r.user, r.password.Reveal())
}

// String names the proxy for a person, without credentials.
func (r route) String() string { return "the proxy " + model.Printable(r.host()) }

// hide masks the proxy's credentials in whatever red masks: a proxy may echo them, and
// those of the environment are not the client's.
func (r route) hide(red *Redactor) {
	if r.password.IsSet() {
		red.Add([]model.Secret{r.password}, r.user)
	}
}

// proxyFault is what a proxy did wrong.
type proxyFault int

const (
	proxyUnreachable proxyFault = iota // no connection to it, or no TLS with it
	proxyAuth                          // it wants a user name and a password, or others
	proxyDenied                        // it does not let this target be reached
	proxyTarget                        // it could not reach the target
	proxyBroken                        // it answered with something else
)

// proxyError tells a proxy's failures from the target's.
type proxyError struct {
	fault proxyFault
	says  string // its answer in our words: "403", "connection refused"
	err   error  // the cause, of proxyUnreachable and proxyBroken
}

func (e *proxyError) Error() string {
	if e.err != nil {
		return "proxy: " + e.err.Error()
	}
	return "proxy: " + e.says
}

func (e *proxyError) Unwrap() error { return e.err }
