package useractions

import (
	"context"
	"net/url"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/model/hub"
	"ferry/ui/screens/flow"
)

// keyVariable is what stands for the key in a curl line.
const keyVariable = "FERRY_KEY"

func (a *Actions) copy(k Kind, t Target) tea.Cmd {
	h, name := a.Env.Hub, t.User.Username
	if k == CopyName {
		return a.Start(func(context.Context) (flow.Outcome, error) { return flow.Sent("the username", name), nil })
	}
	return a.Start(func(ctx context.Context) (flow.Outcome, error) {
		at, err := TokenURL(ctx, h)
		if err != nil {
			return flow.Outcome{}, err
		}
		if k == CopyURL {
			return flow.Sent("the token URL", at.URL), nil
		}
		return a.Shown("the curl lines", curl(at.URL, name), name+" as curl, the key as $"+keyVariable), nil
	})
}

func curl(endpoint, name string) string {
	return "curl -sS " + quoted(endpoint) + " \\\n  -d grant_type=client_credentials \\\n  -d " + quoted("client_id="+name) +
		" \\\n  --data-urlencode \"client_secret=$" + keyVariable + "\""
}

func quoted(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// Endpoint is a URL of the hub for a space.
type Endpoint struct {
	URL     string
	Running bool // a server answers for this store now
	Guessed bool // nobody set a public URL: it is where a server on this host would listen
}

// TokenURL returns the token endpoint of the hub's space: below the public URL that is
// set, else where the server that runs on this store says it is, else where one would be.
func TokenURL(ctx context.Context, h *hub.Hub) (Endpoint, error) {
	out, err := base(ctx, h)
	out.URL += "/oauth2/token"
	return out, err
}

// GatewayURL returns where the client called name is reached through the gateway.
func GatewayURL(ctx context.Context, h *hub.Hub, name string) (Endpoint, error) {
	out, err := base(ctx, h)
	out.URL += "/gw/" + url.PathEscape(name) + "/"
	return out, err
}

// answerLimit is how long a page waits for a server that holds its socket and tells nothing.
const answerLimit = time.Second

// base returns the URL below which everything of the hub's space is.
func base(ctx context.Context, h *hub.Hub) (Endpoint, error) {
	cfg, err := h.Serving.Config(ctx)
	if err != nil {
		return Endpoint{}, err
	}
	out := Endpoint{URL: cfg.PublicURL}
	if h.Server != nil {
		ask, cancel := context.WithTimeout(ctx, answerLimit)
		defer cancel()
		status, err := h.Server.Status(ask)
		out.Running = err == nil
		if out.Running && status.URL != "" {
			out.URL = status.URL
		}
	}
	if out.URL == "" {
		out.URL, out.Guessed = "http://"+cfg.Listen, true
		if cfg.TLSCert != "" {
			out.URL = "https://" + cfg.Listen
		}
	}
	out.URL = strings.TrimRight(out.URL, "/")
	if h.Space.Name != model.DefaultSpace {
		out.URL += "/spaces/" + url.PathEscape(h.Space.Name)
	}
	return out, nil
}
