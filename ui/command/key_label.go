package command

import (
	"context"

	"github.com/spf13/cobra"

	"ferry/model/hub"
	"ferry/model/keys"
)

func (a *app) keyLabel() *cobra.Command {
	return &cobra.Command{
		Use: "label KEY TEXT", Short: "Give an API key another label", Args: takes("KEY", "TEXT"),
		Example:           "  ferry key label 01m… 'production, until the move'\n  ferry key label old ''    # none",
		ValidArgsFunction: a.keyNames,
		RunE: a.onKey(func(ctx context.Context, h *hub.Hub, k *keys.Summary, args []string) error {
			if err := notAKey(args[1], "label"); err != nil {
				return err
			}
			now := *k
			err := a.confirmed(ctx, k.Username, "", func(confirm string) (err error) {
				now.Key, err = h.Keys.Relabel(ctx, h.Space, k.Key.ID, args[1], 0, confirm)
				return err
			})
			if err != nil {
				return err
			}
			done := "Labelled"
			if now.Key.Revision == k.Key.Revision {
				done = "Nothing changed in"
			}
			return a.keyDone(h, &now, done)
		}),
	}
}
