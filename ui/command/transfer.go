package command

import (
	"context"

	"github.com/spf13/cobra"

	"ferry/model"
	"ferry/model/hub"
	"ferry/model/transfers"
)

func (a *app) transferCommand() *cobra.Command {
	cmd := group(
		"transfer", "Transfers: exports, imports and syncs, whoever runs them",
		a.transferList(), a.transferShow(), a.transferPause(), a.transferResume(), a.transferCancel(),
		a.transferDelete(), a.transferErrors(),
	)
	cmd.Long = "Exports and imports run in the process that started them, and syncs in ferry serve. These commands\n" +
		"see all of them in the store, by id or, for a sync, by name, and can ask whoever runs one to pause."
	return cmd
}

// onTransfer returns the RunE of a command on the transfer that its first argument names.
func (a *app) onTransfer(do syncDoer) func(*cobra.Command, []string) error {
	return a.withHub(func(ctx context.Context, h *hub.Hub, args []string) error {
		st, err := h.Transfers.Find(ctx, h.Space, args[0])
		if err != nil {
			return err
		}
		return do(ctx, h, &st)
	})
}

// nameOf is how a transfer is called in a command: the name of a sync, else the id.
func nameOf(st *transfers.Status) string {
	if st.Transfer.Kind == model.KindSync {
		return st.Transfer.Name
	}
	return string(st.Transfer.ID)
}

func (a *app) transferNames(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	return a.names(listTransferNames)(cmd, args, typed)
}

// listTransferNames offers the names of syncs and the ids of the others, each with what it is.
func listTransferNames(ctx context.Context, h *hub.Hub) ([]string, error) {
	rows, err := h.Transfers.List(ctx, h.Space, nil)
	return column(rows, func(st *transfers.Status) string {
		return nameOf(st) + "\t" + model.Printable(string(st.Transfer.Kind)+", "+string(st.Phase)+": "+st.Title())
	}), err
}
