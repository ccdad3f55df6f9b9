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
		if a.json() {
			views, err := h.Clients.Views(ctx, h.Space, filter)
			if err == nil {
				writeJSON(a.out, listOf(views, ""))
			}
			return err
		}
		rows, err := h.Clients.List(ctx, h.Space, nil)
		if err != nil {
			return err
		}
		listClients(a.out, rows, clients.Filter(nil, rows, filter), h.Now())
		return nil
	})
	return cmd
}

func listClients(w io.Writer, rows []clients.Summary, chosen []int, now time.Time) {
	out := [][]string{{"NAME", "STATE", "BASE URL", "AUTH", "TOKEN", "LAST CALL"}}
	for _, i := range chosen {
		r := &rows[i]
		state := string(r.State)
		if r.Protected {
			state += ", protected"
		}
		if r.Insecure {
			state += ", insecure"
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
