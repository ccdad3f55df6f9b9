package command

import (
	"context"

	"github.com/spf13/cobra"

	"ferry/model"
	"ferry/model/hub"
	"ferry/model/transfers"
)

func (a *app) syncRun() *cobra.Command {
	return &cobra.Command{
		Use: "run NAME", Short: "Run a sync now, here", Args: takes("NAME"), ValidArgsFunction: a.syncNames,
		Long: "Run a sync now, in this process, whatever its schedule says. What the target refuses, and\n" +
			"conflicts, are kept with the reasons: ferry sync errors NAME.",
		Example: "  ferry sync run products\n  ferry sync run products --output json",
		RunE: a.onSync(func(ctx context.Context, h *hub.Hub, st *transfers.Status) error {
			return a.move(ctx, h, &move{
				target: st.TargetName, clients: []string{st.SourceName, st.TargetName},
				run: func(ctx context.Context, o transfers.Options) (transfers.Status, error) {
					return h.Transfers.RunSync(ctx, h.Space, st.Transfer.ID, model.TriggerPerson, o)
				},
			})
		}),
	}
}
