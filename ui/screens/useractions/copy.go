package useractions

import (
	"context"
	"strings"

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

func curl(url, name string) string {
	return "curl -sS " + quoted(url) + " \\\n  -d grant_type=client_credentials \\\n  -d " + quoted("client_id="+name) +
		" \\\n  --data-urlencode \"client_secret=$" + keyVariable + "\""
}

func quoted(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// Endpoint is the token endpoint of a space.
type Endpoint struct {
	URL     string
	Running bool // a server answers for this store now
	Guessed bool // nobody set a public URL: it is where a server on this host would listen
}

// TokenURL returns the token endpoint of the hub's space: below the public URL that is
// set, else where the server that runs on this store says it is, else where one would be.
func TokenURL(ctx context.Context, h *hub.Hub) (Endpoint, error) {
	cfg, err := h.Serving.Config(ctx)
	if err != nil {
		return Endpoint{}, err
	}
	out, origin := Endpoint{}, cfg.PublicURL
	if h.Server != nil {
		status, err := h.Server.Status(ctx)
		out.Running = err == nil
		if out.Running && status.URL != "" {
			origin = status.URL
		}
	}
	if origin == "" {
		origin, out.Guessed = "http://"+cfg.Listen, true
		if cfg.TLSCert != "" {
			origin = "https://" + cfg.Listen
		}
	}
	origin = strings.TrimRight(origin, "/")
	if h.Space.Name != model.DefaultSpace {
		origin += "/spaces/" + h.Space.Name
	}
	out.URL = origin + "/oauth2/token"
	return out, nil
}
