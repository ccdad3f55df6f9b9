package command

import (
	"context"

	"github.com/spf13/cobra"

	"ferry/model/hub"
	"ferry/model/transfers"
)

func (a *app) syncDelete() *cobra.Command {
	return &cobra.Command{
		Use: "delete NAME", Short: "Delete a sync with its memory and its history; no record at the target is touched",
		Long: "Delete a sync with what it remembers and its history. Records at the target stay as they are. Where\n" +
			"the target is protected it needs the name of the sync once more: typed on a terminal, else with --confirm.",
		Args: takes("NAME"), ValidArgsFunction: a.syncNames,
		RunE: a.onSync(func(ctx context.Context, h *hub.Hub, st *transfers.Status) error {
			return a.deleteTransfer(ctx, h, st)
		}),
	}
}
