package command

import (
	"context"

	"github.com/spf13/cobra"

	"ferry/model"
	"ferry/model/hub"
	"ferry/model/transfers"
)

func (a *app) transferDelete() *cobra.Command {
	return &cobra.Command{
		Use: "delete ID", Short: "Delete a transfer that does not run, with its history; no record is touched", Args: takes("ID"),
		ValidArgsFunction: a.transferNames,
		RunE: a.onTransfer(func(ctx context.Context, h *hub.Hub, st *transfers.Status) error {
			return a.deleteTransfer(ctx, h, st)
		}),
	}
}

func (a *app) deleteTransfer(ctx context.Context, h *hub.Hub, st *transfers.Status) error {
	t := &st.Transfer
	err := a.confirmed(ctx, nameOf(st), "Deleting "+st.Title()+" is irreversible.", func(confirm string) error {
		return h.Transfers.Delete(ctx, h.Space, t.ID, 0, confirm)
	})
	if err != nil {
		return err
	}
	name := nameOf(st)
	if t.Kind != model.KindSync {
		name = st.Title()
	}
	return a.show(deletedView{ID: t.ID, Name: t.Name, Deleted: true}, say("Deleted %s", name))
}
