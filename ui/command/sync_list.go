package command

import (
	"context"
	"io"
	"time"

	"github.com/spf13/cobra"

	"ferry/model"
	"ferry/model/hub"
	"ferry/model/transfers"
)

func (a *app) syncList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the syncs of the space", Args: takes(),
		Example: "  ferry sync list\n  ferry sync list --output json",
		RunE: a.withHub(func(ctx context.Context, h *hub.Hub, _ []string) error {
			all, err := h.Transfers.List(ctx, h.Space, nil)
			if err != nil {
				return err
			}
			var rows []transfers.Status
			for i := range all {
				if all[i].Transfer.Kind == model.KindSync {
					rows = append(rows, all[i])
				}
			}
			return a.show(listOf(transferViews(h.Space, rows), ""), func(w io.Writer) { listSyncs(w, rows, h.Now()) })
		}),
	}
}

func transferViews(space model.Space, rows []transfers.Status) []transfers.View {
	out := make([]transfers.View, len(rows))
	for i := range rows {
		out[i] = transfers.ViewOf(space, &rows[i])
	}
	return out
}

func listSyncs(w io.Writer, rows []transfers.Status, now time.Time) {
	out := [][]string{{"NAME", "SOURCE → TARGET", "SCHEDULE", "LAST RUN", "NEXT"}}
	for i := range rows {
		st := &rows[i]
		out = append(out, []string{st.Transfer.Name, sidesText(st), scheduleText(&st.Transfer.Sync), lastRun(st, now), nextRun(st, now)})
	}
	table(w, out)
}

// sidesText is "erp /products → shop /items/{sku}"; a side that is a file is its name.
func sidesText(st *transfers.Status) string {
	t := &st.Transfer
	source, target := sideText(st.SourceName, t.Source.Path), sideText(st.TargetName, t.Target.Path)
	switch t.Kind {
	case model.KindExport:
		target = shownFile(t.File.Path, "stdout")
	case model.KindImport:
		source = shownFile(t.File.Path, "stdin")
	}
	return source + " → " + target
}

func sideText(client, path string) string {
	if client == "" {
		client = "(deleted)"
	}
	return client + " " + path
}

func scheduleText(s *model.Syncing) string {
	switch {
	case s.Schedule != "" && s.Webhook:
		return s.Schedule + ", webhook"
	case s.Webhook:
		return "webhook"
	}
	return dash(s.Schedule)
}

// lastRun is how the newest run ended, or that it goes on.
func lastRun(st *transfers.Status, now time.Time) string {
	switch {
	case st.Phase == model.PhaseRunning:
		return "running, " + progressText(st)
	case st.State.Started.IsZero():
		return "never"
	case st.State.Ended.IsZero():
		return string(st.Phase)
	case st.State.Code != "":
		return string(st.State.Code) + ", " + ago(st.State.Ended, now)
	}
	return "done, " + ago(st.State.Ended, now)
}

// nextRun is when a sync is due.
func nextRun(st *transfers.Status, now time.Time) string {
	switch {
	case st.Transfer.Sync.Paused:
		return "paused"
	case st.State.Next.IsZero():
		return "-"
	case !now.Before(st.State.Next):
		return "due"
	}
	return "in " + span(st.State.Next.Sub(now))
}
