package call

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"ferry/model"
	"ferry/model/clients"
)

// curl is the call as a curl line. A token is fetched by ferry; secrets are masks.
func curl(c *model.Client, r model.Request) string {
	var options []string
	if r.Method != http.MethodGet {
		options = append(options, "-X", r.Method)
	}
	for _, h := range r.Headers {
		if clients.SecretByName(h.Name) {
			h.Value = model.Mask
		}
		options = append(options, "-H", clients.ShellQuote(h.Name+": "+h.Value))
	}
	if len(r.Body) > 0 {
		options = append(options, "--data-binary", clients.ShellQuote(string(r.Body)))
	}
	target := strings.TrimSuffix(c.BaseURL, "/") + "/" + strings.TrimPrefix(r.Path, "/")
	shown := slices.Clone(r.Query)
	for i := range shown {
		if clients.SecretByName(shown[i].Name) {
			shown[i].Value = model.Mask
		}
	}
	q := strings.ReplaceAll(query(shown), url.QueryEscape(model.Mask), model.Mask)
	if strings.Contains(r.Path, "?") {
		q = strings.Replace(q, "?", "&", 1)
	}
	return clients.CurlCall(c, target+q, options...)
}

// ferryLine is the call as a command. A header that is secret by its name is left out,
// because the command refuses it there.
func ferryLine(c *model.Client, space model.Space, r model.Request, places []model.Param) string {
	words := []string{"ferry", "call"}
	if space.Name != model.DefaultSpace {
		words = append(words, "--space", clients.ShellQuote(space.Name))
	}
	words = append(words, c.Name, r.Method, clients.ShellQuote(r.Path))
	for _, p := range places {
		if clients.SecretByName(p.Name) {
			p.Value = model.Mask
		}
		words = append(words, "-p", clients.ShellQuote(p.Name+"="+p.Value))
	}
	for _, q := range r.Query {
		if clients.SecretByName(q.Name) {
			q.Value = model.Mask
		}
		words = append(words, "-q", clients.ShellQuote(q.Name+"="+q.Value))
	}
	note := ""
	for _, h := range r.Headers {
		if clients.SecretByName(h.Name) {
			note = "# the header " + h.Name + " is secret and left out\n"
			continue
		}
		words = append(words, "-H", clients.ShellQuote(h.Name+": "+h.Value))
	}
	if body := string(r.Body); strings.HasPrefix(body, "@") {
		words = append(words, "-d", "@-", "<<'BODY'\n"+body+"\nBODY")
	} else if body != "" {
		words = append(words, "-d", clients.ShellQuote(body))
	}
	return note + strings.Join(words, " ") + "\n"
}
