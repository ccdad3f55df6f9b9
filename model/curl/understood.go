package curl

import (
	"math"
	"net/url"
	"strconv"
	"strings"
	"time"

	"ferry/model"
	"ferry/model/clients"
)

// understood are the options that have a meaning for a client or its request.
func understood() []option {
	on := func(to func(c *command) *bool) func(*command, string) error {
		return func(c *command, _ string) error { *to(c) = true; return nil }
	}
	text := func(to func(c *command) *string) func(*command, string) error {
		return func(c *command, v string) error { *to(c) = v; return nil }
	}
	return []option{
		{"request", true, text(func(c *command) *string { return &c.method })},
		{"get", false, on(func(c *command) *bool { return &c.get })},
		{"head", false, on(func(c *command) *bool { return &c.head })},
		{"globoff", false, on(func(c *command) *bool { return &c.globOff })},
		{"header", true, (*command).addHeader},
		{"data", true, (*command).addData},
		{"data-ascii", true, (*command).addData},
		{"data-binary", true, (*command).addData},
		{"data-raw", true, (*command).addRaw},
		{"data-urlencode", true, (*command).addEncoded},
		{"json", true, (*command).addJSON},
		{"url-query", true, (*command).addQuery},
		{"form", true, (*command).addForm},
		{"form-string", true, (*command).addForm},
		{"upload-file", true, on(func(c *command) *bool { return &c.upload })},
		{"url", true, (*command).setURL},
		{"user", true, func(c *command, v string) error { c.user = &v; return nil }},
		{"oauth2-bearer", true, text(func(c *command) *string { return &c.bearer })},
		{"user-agent", true, text(func(c *command) *string { return &c.agent })},
		{"referer", true, text(func(c *command) *string { return &c.referer })},
		{"range", true, text(func(c *command) *string { return &c.byteRange })},
		{"cookie", true, func(c *command, _ string) error { c.cookie(); return nil }},
		{"insecure", false, on(func(c *command) *bool { return &c.draft.TLS.Insecure })},
		{"tlsv1.2", false, func(*command, string) error { return nil }},
		{"tlsv1.3", false, func(c *command, _ string) error { c.draft.TLS.MinVersion = "1.3"; return nil }},
		{"proxy", true, func(c *command, v string) error { return c.setProxy(v, "http") }},
		{"socks5", true, func(c *command, v string) error { return c.setProxy(v, "socks5") }},
		{"socks5-hostname", true, func(c *command, v string) error { return c.setProxy(v, "socks5h") }},
		{"noproxy", true, (*command).noProxy},
		{"proxy-user", true, (*command).proxyUser},
		{"max-time", true, (*command).maxTime},
		{"connect-timeout", true, (*command).connectTime},
		{"next", false, func(*command, string) error {
			return problem("--next begins a second request").WithNext("paste a line with one request")
		}},
	}
}

func (c *command) cookie() {
	c.note("cookies are left out: they belong to a session of somebody's")
}

func (c *command) addHeader(line string) error {
	if strings.HasPrefix(line, "@") {
		c.note("headers in a file (-H @FILE) are left out: the file is not read")
		return nil
	}
	name, value, ok := strings.Cut(line, ":")
	if !ok {
		name, ok = strings.CutSuffix(line, ";") // a header without a value
		if !ok {
			return problem("a header is written 'Name: value', and one of the line has no colon").WithNext("put it into quotes")
		}
	} else if value = strings.Trim(value, " \t"); value == "" {
		c.removed = append(c.removed, strings.TrimSpace(name)) // one that curl would send of itself
		return nil
	}
	c.headers = append(c.headers, model.Param{Name: strings.TrimSpace(name), Value: value})
	return nil
}

func (c *command) addData(v string) error {
	if strings.HasPrefix(v, "@") {
		c.file()
		return nil
	}
	return c.addRaw(v)
}

func (c *command) addRaw(v string) error {
	c.hasData = true
	c.data = append(c.data, v)
	return nil
}

// file says that a body comes from a file, which is not read.
func (c *command) file() {
	c.hasData, c.fromFile = true, true
	c.note("the body comes from a file, which is not read: give it with each call")
}

// addEncoded takes content, =content, name=content, @file or name@file.
func (c *command) addEncoded(v string) error {
	text, fromFile := encoded(v)
	if fromFile {
		c.file()
		return nil
	}
	return c.addRaw(text)
}

func encoded(v string) (text string, fromFile bool) {
	i := strings.IndexAny(v, "=@")
	switch {
	case i < 0:
		return url.QueryEscape(v), false
	case v[i] == '@':
		return "", true
	case i == 0:
		return url.QueryEscape(v[1:]), false
	}
	return v[:i] + "=" + url.QueryEscape(v[i+1:]), false
}

func (c *command) addQuery(v string) error {
	if plain, ok := strings.CutPrefix(v, "+"); ok {
		c.query = append(c.query, plain)
		return nil
	}
	text, fromFile := encoded(v)
	if fromFile {
		c.note("a part of the query comes from a file, which is not read")
		return nil
	}
	c.query = append(c.query, text)
	return nil
}

func (c *command) addJSON(v string) error {
	c.json = true
	if strings.HasPrefix(v, "@") {
		c.file()
		return nil
	}
	c.hasData = true
	if n := len(c.data); n > 0 {
		c.data[n-1] += v // one document, not a form
		return nil
	}
	c.data = append(c.data, v)
	return nil
}

func (c *command) addForm(string) error {
	c.form = true
	c.note("the multipart form (-F) is left out: give the body and its Content-Type with each call")
	return nil
}

// setProxy takes a proxy as curl does: without a scheme it is an HTTP proxy.
func (c *command) setProxy(v, scheme string) error {
	t := &c.draft.Transport
	if v == "" {
		t.Proxy = model.ProxyNone
		return nil
	}
	if !strings.Contains(v, "://") {
		v = scheme + "://" + v
	}
	u, err := url.Parse(v)
	if err != nil || u.Host == "" {
		return problem("the proxy is no URL").WithField("proxy").WithNext("write it as in http://proxy.example.com:3128")
	}
	switch u.Scheme {
	case "http", "https", "socks5", "socks5h":
	default:
		return problem("the proxy is of a kind that ferry does not know").WithField("proxy").WithNext("http, https, socks5 and socks5h are known")
	}
	if u.Port() == "" && u.Scheme != "https" {
		u.Host += ":1080" // where curl looks for a proxy
	}
	if u.User != nil {
		t.ProxyUser = u.User.Username()
		if password, ok := u.User.Password(); ok {
			c.draft.ProxyPassword = clients.Set(password)
		}
	}
	t.Proxy = u.Scheme + "://" + u.Host
	return nil
}

func (c *command) noProxy(v string) error {
	if v == "*" {
		return c.setProxy("", "")
	}
	c.leftOut("noproxy")
	return nil
}

func (c *command) proxyUser(v string) error {
	name, password, _ := strings.Cut(v, ":")
	c.draft.Transport.ProxyUser, c.draft.ProxyPassword = name, clients.Set(password)
	return nil
}

func (c *command) maxTime(v string) error {
	d, err := seconds(v, "--max-time", "timeout")
	if d > 0 && d < time.Second {
		c.note("--max-time is raised to 1s, the least there is")
	}
	if d > model.MaxTimeout {
		c.note("--max-time is lowered to %s, the most there is", model.MaxTimeout)
	}
	if d > 0 {
		c.draft.Timeout = min(max(d, time.Second), model.MaxTimeout)
	}
	return err
}

func (c *command) connectTime(v string) error {
	d, err := seconds(v, "--connect-timeout", "connect_timeout")
	c.draft.Transport.Connect = min(d, model.MaxTimeout)
	return err
}

// seconds takes a number of seconds, with fractions.
func seconds(v, name, field string) (time.Duration, error) {
	n, err := strconv.ParseFloat(v, 64)
	if err != nil || n < 0 || n > 1e6 || math.IsNaN(n) {
		return 0, problem("%s is a number of seconds", name).WithField(field)
	}
	return time.Duration(n * float64(time.Second)), nil
}
