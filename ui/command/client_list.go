package command

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"ferry/model"
	"ferry/model/clients"
	"ferry/model/hub"
)

func (a *app) clientList() *cobra.Command {
	var filter string
	cmd := &cobra.Command{
		Use: "list", Short: "List the API clients of the space", Args: takes(),
		Example: "  ferry client list\n  ferry client list --filter erp --output json",
	}
	cmd.Flags().StringVar(&filter, "filter", "", "only those whose name or base URL holds each of these `WORDS`")
	cmd.RunE = a.withHub(func(ctx context.Context, h *hub.Hub, _ []string) error {
		rows, err := h.Clients.List(ctx, h.Space, nil)
		if err != nil {
			return err
		}
		chosen := clients.Filter(nil, rows, filter)
		if !a.json() {
			listClients(a.out, rows, chosen, h.Now())
			return nil
		}
		return a.listViews(ctx, h, rows, chosen)
	})
	return cmd
}

// listedView is a client and what happened to it lately.
type listedView struct {
	clients.View
	TokenExpiresAt *string `json:"token_expires_at"` // null: none, or of unknown lifetime
	LastCallAt     *string `json:"last_call_at"`
	LastStatus     int     `json:"last_status"` // 0: no call yet, or no answer came
}

func (a *app) listViews(ctx context.Context, h *hub.Hub, rows []clients.Summary, chosen []int) error {
	wanted := make(map[model.ID]*model.Runtime, len(chosen))
	for _, i := range chosen {
		wanted[rows[i].ID] = &rows[i].Runtime
	}
	all, err := h.Clients.All(ctx, h.Space)
	if err != nil {
		return err
	}
	views := make([]listedView, 0, len(chosen))
	for i := range all {
		if run, ok := wanted[all[i].ID]; ok {
			views = append(views, listedView{
				View: clients.ViewOf(h.Space, &all[i]), TokenExpiresAt: utcOrNull(run.TokenExpires),
				LastCallAt: utcOrNull(run.LastCallAt), LastStatus: run.LastStatus,
			})
		}
	}
	writeJSON(a.out, listOf(views, ""))
	return nil
}

func listClients(w io.Writer, rows []clients.Summary, chosen []int, now time.Time) {
	out := [][]string{{"NAME", "STATE", "BASE URL", "AUTH", "TOKEN", "LAST CALL"}}
	for _, i := range chosen {
		r := &rows[i]
		state := string(r.State)
		if r.Protected {
			state += ", protected"
		}
		out = append(out, []string{r.Name, state, r.BaseURL, authName(r.Method), tokenState(r, now), lastCall(&r.Runtime, now)})
	}
	table(w, out)
}

func authName(m model.AuthMethod) string {
	if m == model.AuthOAuth2 {
		return "OAuth 2.0"
	}
	return "No Auth"
}

func tokenState(r *clients.Summary, now time.Time) string {
	run := &r.Runtime
	switch {
	case r.Method != model.AuthOAuth2:
		return "-"
	case run.TokenFailed:
		return "failed"
	case run.TokenFetched.IsZero():
		return "none"
	case run.TokenExpires.IsZero():
		return "unknown"
	case !now.Before(run.TokenExpires):
		return "expired"
	}
	return span(run.TokenExpires.Sub(now)) + " left"
}

func lastCall(run *model.Runtime, now time.Time) string {
	if run.LastCallAt.IsZero() {
		return "-"
	}
	what := fmt.Sprint(run.LastStatus)
	if run.LastStatus == 0 {
		what = string(run.LastCode)
	}
	return what + ", " + span(now.Sub(run.LastCallAt)) + " ago"
}
