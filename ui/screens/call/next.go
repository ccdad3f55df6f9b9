package call

import (
	"net/http"
	"net/url"
	"strings"

	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/ui/screen"
	"ferry/ui/widget"
)

// linkNext returns the target of rel="next" in Link headers (RFC 8288 §3), or "".
func linkNext(headers []model.Param) string {
	for _, h := range headers {
		if !strings.EqualFold(h.Name, "Link") {
			continue
		}
		for rest := h.Value; ; {
			from := strings.IndexByte(rest, '<')
			to := strings.IndexByte(rest, '>')
			if from < 0 || to < from {
				break
			}
			target := rest[from+1 : to]
			rest = rest[to+1:]
			params, _, _ := strings.Cut(rest, "<")
			params = strings.ToLower(strings.ReplaceAll(strings.ReplaceAll(params, `"`, ""), " ", ""))
			for p := range strings.SplitSeq(params, ";") {
				if strings.TrimRight(p, ",") == "rel=next" {
					return target
				}
			}
		}
	}
	return ""
}

// following is the request of the page that a link leads to, with the headers of the
// one before. EInvalid when it leaves the origin that the credentials are for.
func following(c *model.Client, sent model.Request, link string) (model.Request, error) {
	asked := sent.Path
	if !strings.Contains(asked, "://") {
		asked = strings.TrimSuffix(c.BaseURL, "/") + "/" + strings.TrimPrefix(asked, "/")
	}
	base, err := url.Parse(asked)
	if err != nil {
		return sent, model.Errorf(model.EInvalid, "the link to the next page cannot be read")
	}
	u, err := base.Parse(link)
	if err != nil {
		return sent, model.Errorf(model.EInvalid, "the link to the next page cannot be read")
	}
	if model.Origin(u.String()) != model.Origin(c.BaseURL) || u.User != nil {
		return sent, model.Errorf(model.EInvalid, "the next page is at %s, and the credentials of %q are for %s only: it is not followed",
			model.Printable(u.Host), c.Name, hostOf(c.BaseURL))
	}
	path := u.EscapedPath()
	root, err := url.Parse(c.BaseURL)
	if err != nil {
		return sent, model.Errorf(model.EInvalid, "the base URL cannot be read")
	}
	rest, below := strings.CutPrefix(path, strings.TrimSuffix(root.EscapedPath(), "/"))
	if !below || rest != "" && rest[0] != '/' {
		return sent, model.Errorf(model.EInvalid, "the next page is outside the base URL's path: it is not followed")
	}
	if u.RawQuery != "" {
		rest += "?" + u.RawQuery
	}
	if rest == sent.Path+query(sent.Query) {
		return sent, model.Errorf(model.EInvalid, "the link to the next page leads back to this one")
	}
	return model.Request{Method: http.MethodGet, Path: rest, Headers: sent.Headers}, nil
}

func hostOf(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	return u.Host
}

// nextPage sends the request that the answer's link to its next page asks for.
func (c *Call) nextPage() tea.Cmd {
	if c.answer.next == "" || c.client == nil {
		return screen.Send(screen.Notice{Text: "the answer names no next page"})
	}
	r, err := following(c.client, c.sent, c.answer.next)
	if err != nil {
		return screen.Send(screen.Failed(err))
	}
	c.fill(r)
	return c.sendWith(r, "")
}

// openSets offers the entity sets of a service that described itself.
func (c *Call) openSets() tea.Cmd {
	if len(c.answer.sets) == 0 {
		return screen.Send(screen.Notice{Text: "the answer is no description of an OData service ($metadata)"})
	}
	items := make([]widget.MenuItem, len(c.answer.sets))
	for i, s := range c.answer.sets {
		note := model.Printable(s.Type)
		if len(s.Keys) > 0 {
			note += " · key " + model.Printable(strings.Join(s.Keys, ", "))
		}
		items[i] = widget.MenuItem{Label: model.Printable(s.Name), Note: note, Value: i}
	}
	c.asking = askSet
	return screen.Send(screen.Open{Overlay: widget.NewMenu(c.env.Styles, "Entity sets: enter puts one into the editor", items)})
}

func (c *Call) pickedSet(i int) {
	if c.answer == nil || i >= len(c.answer.sets) {
		return
	}
	path, _, _ := strings.Cut(c.sent.Path, "?")
	if at := strings.LastIndexByte(path, '/'); at >= 0 {
		path = path[:at+1]
	}
	c.fill(model.Request{Path: path + url.PathEscape(c.answer.sets[i].Name), Headers: c.sent.Headers})
	c.focus, c.reading = "path", false
	c.arrange()
}
