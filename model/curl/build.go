package curl

import (
	"encoding/base64"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"ferry/model"
	"ferry/model/clients"
)

// build makes the import of what the line says.
func (c *command) build() (Import, error) {
	u, err := c.target()
	if err != nil {
		return Import{}, err
	}
	if err := c.checkMethod(); err != nil {
		return Import{}, err
	}
	d := &c.draft
	d.Name = guessName(u.Hostname())
	d.BaseURL = u.Scheme + "://" + u.Host
	if u.Scheme == "http" && !model.IsLoopback(u.Hostname()) {
		c.note("the URL is plain http, which is refused unless plain http is allowed (--allow-http)")
	}
	if d.TLS.Insecure {
		c.note("insecure (-k): the certificate of the other side will not be checked")
	}
	if t := &d.Transport; t.Connect > 0 {
		whole := model.Client{Timeout: d.Timeout}
		t.Connect = min(max(t.Connect, 100*time.Millisecond), whole.EffectiveTimeout())
	}
	c.hoist(u)
	form, token := c.tokenForm(u)
	if token {
		if err := c.buildToken(u, form); err != nil {
			return Import{}, err
		}
		return Import{Draft: *d, Notes: c.notes, Token: true}, nil
	}
	c.credentials()
	r := c.request(u)
	c.keepHeaders(&r)
	return Import{Draft: *d, Request: r, Notes: c.notes}, nil
}

// target returns the URL of the line. What the parser says of a bad one is not kept: it
// repeats the URL, which may hold a secret.
func (c *command) target() (*url.URL, error) {
	raw := c.url
	bad := func(format string, args ...any) error {
		return problem(format, args...).WithField("base_url").WithNext("paste the line as it was copied, its URL in single quotes")
	}
	if !c.globOff && (strings.Contains(raw, "{") || expands(raw)) {
		return nil, problem("curl would make several URLs of the { } or [ ] in this one").WithField("base_url").
			WithNext("paste the line with one URL, or add -g if they mean themselves")
	}
	if !strings.Contains(raw, "://") {
		scheme := "https"
		if model.IsLoopback(hostOf(raw)) {
			scheme = "http"
		}
		c.note("the URL names no scheme: %s is taken", scheme)
		raw = scheme + "://" + raw
	}
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Host == "" || u.Hostname() == "":
		return nil, bad("the URL cannot be read")
	case !strings.EqualFold(u.Scheme, "http") && !strings.EqualFold(u.Scheme, "https"):
		return nil, bad("the URL is neither https nor http")
	}
	if u.User != nil && c.user == nil {
		password, _ := u.User.Password()
		both := u.User.Username() + ":" + password
		c.user = &both
	}
	u.User, u.Fragment, u.RawFragment = nil, "", ""
	u.Host = strings.ToLower(u.Host)
	return u, nil
}

// expands reports whether a URL holds a range as in [1-9], which curl runs through. The
// brackets of an IPv6 address are none.
func expands(raw string) bool {
	_, rest, ok := strings.Cut(raw, "[")
	inside, _, closed := strings.Cut(rest, "]")
	return ok && closed && !strings.Contains(inside, ":") && strings.Contains(inside, "-")
}

func hostOf(raw string) string {
	host, _, _ := strings.Cut(raw, "/")
	if name, _, err := net.SplitHostPort(host); err == nil {
		return name
	}
	return host
}

func (c *command) checkMethod() error {
	for _, r := range c.method {
		if (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && r != '-' {
			return problem("the method of -X is not made of letters").WithField("method")
		}
	}
	if len(c.method) > 32 {
		return problem("the method of -X has more than 32 letters").WithField("method")
	}
	return nil
}

// genericLabels are the first labels of a host that say nothing about whose it is.
var genericLabels = map[string]bool{
	"www": true, "api": true, "apis": true, "rest": true, "gateway": true, "gw": true, "auth": true, "login": true, "sso": true, "id": true,
	"idp": true, "iam": true, "oauth": true, "oauth2": true, "token": true, "accounts": true, "identity": true, "app": true, "web": true,
}

// guessName makes a name of a host: its first label that says something, or the address.
func guessName(host string) string {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	name := host
	if net.ParseIP(host) == nil {
		labels := strings.Split(host, ".")
		for len(labels) > 2 && genericLabels[labels[0]] {
			labels = labels[1:]
		}
		name = labels[0]
	}
	if model.NameProblem(name) != "" {
		return ""
	}
	return name
}

// hoist turns what other options say into headers, as curl does, where the line does not
// give that header itself.
func (c *command) hoist(u *url.URL) {
	add := func(name, value string) {
		gone := slices.ContainsFunc(c.removed, func(r string) bool { return strings.EqualFold(r, name) })
		if value != "" && !gone && !c.has(name) {
			c.headers = append(c.headers, model.Param{Name: name, Value: value})
		}
	}
	add("Referer", c.referer)
	if c.byteRange != "" {
		add("Range", "bytes="+c.byteRange)
	}
	if c.json {
		add("Content-Type", "application/json")
		add("Accept", "application/json")
	}
	if c.get {
		if len(c.data) > 0 {
			c.query = append([]string{strings.Join(c.data, "&")}, c.query...)
		}
		c.data, c.hasData = nil, false
	}
	if extra := strings.Join(c.query, "&"); extra != "" {
		if u.RawQuery != "" {
			u.RawQuery += "&"
		}
		u.RawQuery += extra
	}
	if c.hasData {
		add("Content-Type", "application/x-www-form-urlencoded")
	}
	if c.agent != "" {
		c.draft.Transport.UserAgent = c.agent
	}
}

func (c *command) has(name string) bool { return c.header(name) != nil }

// header returns the header called name, nil when the line has none.
func (c *command) header(name string) *model.Param {
	for i := range c.headers {
		if strings.EqualFold(c.headers[i].Name, name) {
			return &c.headers[i]
		}
	}
	return nil
}

// credentials turns a name and password, or a token, of an API call into a header.
func (c *command) credentials() {
	switch {
	case c.has("Authorization"):
	case c.bearer != "":
		c.headers = append(c.headers, model.Param{Name: "Authorization", Value: "Bearer " + c.bearer})
	case c.user != nil:
		both := *c.user
		if !strings.Contains(both, ":") {
			c.note("curl would ask for a password: give the header Authorization by hand")
			return
		}
		c.headers = append(c.headers, model.Param{Name: "Authorization", Value: "Basic " + base64.StdEncoding.EncodeToString([]byte(both))})
		c.note("the name and password (Basic) become the secret header Authorization")
	}
}

// request is what the line asks for, without its headers.
func (c *command) request(u *url.URL) model.Request {
	r := model.Request{Method: http.MethodGet, Path: u.EscapedPath()}
	if r.Path == "" {
		r.Path = "/"
	}
	switch {
	case c.method != "":
		r.Method = strings.ToUpper(c.method)
	case c.head:
		r.Method = http.MethodHead
	case c.upload:
		r.Method = http.MethodPut
	case c.hasData || c.form:
		r.Method = http.MethodPost
	}
	if c.upload {
		c.note("the file that -T sends is not read: give the body with each call")
	}
	if len(c.data) > 0 && !c.fromFile {
		r.Body = []byte(c.body())
	}
	params, exact := pairs(u.RawQuery)
	if !exact {
		r.Path += "?" + u.RawQuery
		return r
	}
	r.Query = params
	for _, p := range params {
		if SecretParam(p.Name) {
			c.note("the query holds a secret by its name: it is not kept with the client, but given with each call")
		}
	}
	return r
}

func (c *command) body() string {
	if c.json {
		return strings.Join(c.data, "")
	}
	return strings.Join(c.data, "&")
}

// pairs takes a query apart. It is not exact where writing it again would not give the
// same parameters, as in a query without names and values.
func pairs(raw string) (params []model.Param, exact bool) {
	if raw == "" {
		return nil, true
	}
	for part := range strings.SplitSeq(raw, "&") {
		name, value, ok := strings.Cut(part, "=")
		n, err := url.QueryUnescape(name)
		v, err2 := url.QueryUnescape(value)
		if !ok || n == "" || err != nil || err2 != nil {
			return nil, false
		}
		params = append(params, model.Param{Name: n, Value: v})
	}
	return params, true
}

// SecretParam reports whether a query or form parameter is secret by its name. Signatures
// and keys stand in queries under shorter names than in headers.
func SecretParam(name string) bool {
	if clients.SecretByName(name) {
		return true
	}
	switch strings.ToLower(name) {
	case "key", "sig", "signature", "x-amz-signature", "auth", "pwd", "pass", "passwd", "code", "session", "sessionid", "sid", "jwt", "client_assertion":
		return true
	}
	return false
}
