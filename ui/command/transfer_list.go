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

func (a *app) transferList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the transfers of the space: those that run first, then the newest", Args: takes(),
		Example: "  ferry transfer list\n  ferry transfer list --output json",
		RunE: a.withHub(func(ctx context.Context, h *hub.Hub, _ []string) error {
			rows, err := h.Transfers.List(ctx, h.Space, nil)
			if err != nil {
				return err
			}
			return a.show(listOf(transferViews(h.Space, rows), ""), func(w io.Writer) { listTransfers(w, rows, h.Now()) })
		}),
	}
}

func listTransfers(w io.Writer, rows []transfers.Status, now time.Time) {
	out := [][]string{{"ID", "KIND", "TRANSFER", "PHASE", "PROGRESS", "STARTED"}}
	for i := range rows {
		st := &rows[i]
		phase := string(st.Phase)
		if st.Transfer.Kind == model.KindSync && st.Transfer.Sync.Paused {
			phase = string(model.PhasePaused)
		}
		out = append(out, []string{string(st.Transfer.ID), string(st.Transfer.Kind), st.Title(), phase, progressText(st), ago(st.State.Started, now)})
	}
	table(w, out)
}
