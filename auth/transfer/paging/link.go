package paging

import (
	"net/url"
	"strings"

	"ferry/auth/call"
	"ferry/model"
)

// maxLink is the longest link that is followed, in bytes.
const maxLink = 16 << 10

// nextOf returns the target of the first Link with the relation next (RFC 8288), "" when
// there is none. A link with an anchor is about something else.
func nextOf(headers []model.Param) string {
	for _, h := range headers {
		if !strings.EqualFold(h.Name, "Link") {
			continue
		}
		for rest := h.Value; rest != ""; {
			var target string
			var params []model.Param
			target, params, rest = oneLink(rest)
			if isNext(params) && target != "" {
				return target
			}
		}
	}
	return ""
}

func isNext(params []model.Param) bool {
	next, seen := false, false
	for _, p := range params {
		switch strings.ToLower(p.Name) {
		case "anchor":
			return false
		case "rel": // only the first one counts
			for _, rel := range strings.Fields(p.Value) {
				next = next || !seen && strings.EqualFold(rel, "next")
			}
			seen = true
		}
	}
	return next
}

// oneLink takes the first link value of a header apart and returns what is behind it.
func oneLink(s string) (target string, params []model.Param, rest string) {
	from := strings.IndexByte(s, '<')
	if from < 0 {
		return "", nil, ""
	}
	to := strings.IndexByte(s[from:], '>')
	if to < 0 {
		return "", nil, ""
	}
	target, s = s[from+1:from+to], s[from+to+1:]
	for {
		s = strings.TrimLeft(s, " \t")
		if s == "" || s[0] != ';' {
			_, rest, _ = strings.Cut(s, ",")
			return target, params, rest
		}
		var p model.Param
		p, s = oneParam(s[1:])
		params = append(params, p)
	}
}

// oneParam reads name, name=value or name="value".
func oneParam(s string) (p model.Param, rest string) {
	end := strings.IndexAny(s, "=;,")
	if end < 0 {
		return model.Param{Name: strings.TrimSpace(s)}, ""
	}
	p.Name = strings.TrimSpace(s[:end])
	if s[end] != '=' {
		return p, s[end:]
	}
	s = strings.TrimLeft(s[end+1:], " \t")
	if s == "" || s[0] != '"' {
		if end = strings.IndexAny(s, ";,"); end < 0 {
			end = len(s)
		}
		p.Value = strings.TrimSpace(s[:end])
		return p, s[end:]
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s):
			i++
			b.WriteByte(s[i])
		case s[i] == '"':
			p.Value = b.String()
			return p, s[i+1:]
		default:
			b.WriteByte(s[i])
		}
	}
	return p, ""
}

// resolve makes a link of an answer to req a path below the base URL, as requests have it.
// EUpstream for a link that leaves the origin, or leads above the base URL: what stands
// there is not what this client was made for, so nothing is sent.
func resolve(c *model.Client, req model.Request, link string) (string, error) {
	stray := func(why string) *model.Error {
		return model.Errorf(model.EUpstream, "the link to the following page %s", why)
	}
	if len(link) > maxLink {
		return "", stray("is longer than 16 KiB")
	}
	from, err := call.BuildURL(c, req)
	if err != nil {
		return "", err
	}
	ref, err := url.Parse(strings.TrimSpace(link))
	if err != nil {
		return "", stray("is not a URL that can be read")
	}
	to := from.ResolveReference(ref)
	to.Fragment, to.RawFragment = "", ""
	if own := model.Origin(c.BaseURL); model.Origin(to.String()) != own {
		return "", stray("leaves the origin " + model.Printable(own) + " for " + model.Printable(model.Origin(to.String()))).
			WithNext("follow the pages by number or offset instead: --paging page or --paging offset; or make a client for the other origin")
	}
	path := to.EscapedPath()
	if to.RawQuery != "" {
		path += "?" + to.RawQuery
	}
	base, err := call.BuildURL(c, model.Request{})
	if err != nil {
		return "", err
	}
	prefix := strings.TrimSuffix(base.EscapedPath(), "/")
	tail := strings.TrimPrefix(path, prefix)
	if prefix != "" && (len(tail) == len(path) || tail != "" && tail[0] != '/' && tail[0] != '?') {
		return "", stray("leads to "+model.Printable(clip(to.EscapedPath(), 200))+", which is not below the base URL "+model.Printable(c.BaseURL)).
			WithNext("shorten the base URL so that the link is below it (ferry client update %s --base-url URL), or follow the pages by number: --paging page", model.Printable(c.Name))
	}
	if _, err := call.BuildURL(c, model.Request{Path: tail}); err != nil {
		return "", stray("cannot be followed: " + err.Error())
	}
	return tail, nil
}

func clip(s string, n int) string {
	if len(s) > n {
		return s[:n] + "…"
	}
	return s
}
