package command

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"ferry/model"
	"ferry/model/hub"
	"ferry/model/transfers"
)

func (a *app) transferErrors() *cobra.Command {
	return &cobra.Command{
		Use: "errors ID", Short: "List the records with which something went wrong, newest first", Args: takes("ID"),
		ValidArgsFunction: a.transferNames,
		RunE: a.onTransfer(func(ctx context.Context, h *hub.Hub, st *transfers.Status) error {
			return a.transferFaults(ctx, h, st)
		}),
	}
}

func (a *app) transferFaults(ctx context.Context, h *hub.Hub, st *transfers.Status) error {
	faults, err := h.Transfers.Faults(ctx, h.Space, st.Transfer.ID)
	if err != nil {
		return err
	}
	views := make([]transfers.FaultView, len(faults))
	for i := range faults {
		views[i] = transfers.FaultViewOf(&faults[i])
	}
	return a.show(listOf(views, ""), func(w io.Writer) { listFaults(w, faults) })
}

func listFaults(w io.Writer, faults []model.TransferFault) {
	rows := [][]string{{"AT", "WHAT", "RECORD", "ROW", "KEY", "STATUS", "REASON"}}
	for i := range faults {
		f := &faults[i]
		rows = append(rows, []string{
			utc(f.At), string(f.Kind), dash(number(f.Record)), dash(number(f.Row)), dash(f.Key), dash(number(int64(f.Status))), f.Reason,
		})
	}
	table(w, rows)
}
