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

func (a *app) syncHistory() *cobra.Command {
	return &cobra.Command{
		Use: "history NAME", Short: "List the runs of a sync, newest first, with their counts", Args: takes("NAME"), ValidArgsFunction: a.syncNames,
		RunE: a.onSync(func(ctx context.Context, h *hub.Hub, st *transfers.Status) error {
			runs, err := h.Transfers.Runs(ctx, st.Transfer.ID)
			if err != nil {
				return err
			}
			views := make([]transfers.RunView, len(runs))
			for i := range runs {
				views[i] = transfers.RunViewOf(&runs[i])
			}
			return a.show(listOf(views, ""), func(w io.Writer) { listRuns(w, runs, h.Now()) })
		}),
	}
}

func (a *app) syncErrors() *cobra.Command {
	return &cobra.Command{
		Use: "errors NAME", Short: "List the records with which something went wrong, newest first", Args: takes("NAME"), ValidArgsFunction: a.syncNames,
		RunE: a.onSync(func(ctx context.Context, h *hub.Hub, st *transfers.Status) error {
			return a.transferFaults(ctx, h, st)
		}),
	}
}

func listRuns(w io.Writer, runs []model.TransferRun, now time.Time) {
	rows := [][]string{{"STARTED", "TOOK", "TRIGGER", "BY", "RECORDS", "RESULT"}}
	for i := range runs {
		r := &runs[i]
		end := r.Ended
		if end.IsZero() {
			end = now
		}
		result := string(r.Phase)
		if r.Message != "" {
			result += ": " + r.Message
		}
		rows = append(rows, []string{utc(r.Started), tookText(end.Sub(r.Started)), string(r.Trigger), r.By, recordCount(r.Progress.Records) + outcome(&r.Progress), result})
	}
	table(w, rows)
}
