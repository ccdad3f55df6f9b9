package command

import (
	"context"

	"github.com/spf13/cobra"

	"ferry/model"
	"ferry/model/hub"
)

func (a *app) clientEnable() *cobra.Command {
	return a.stateCommand("enable", "Let an API client be used again", "Enabled", model.Active)
}

func (a *app) clientDisable() *cobra.Command {
	return a.stateCommand("disable", "Keep an API client from fetching tokens and making calls", "Disabled", model.Disabled)
}

func (a *app) stateCommand(name, short, done string, to model.State) *cobra.Command {
	return &cobra.Command{
		Use: name + " CLIENT", Short: short, Args: takes("CLIENT"), ValidArgsFunction: a.clientNames,
		RunE: a.onClient(func(ctx context.Context, h *hub.Hub, c *model.Client) error {
			var now model.Client
			err := a.confirmed(ctx, c.Name, "", func(confirm string) (err error) {
				now, err = h.Clients.SetState(ctx, h.Space, c.ID, to, confirm)
				return err
			})
			if err != nil {
				return err
			}
			return a.showClient(h, &now, done)
		}),
	}
}
