package command

import (
	"context"

	"github.com/spf13/cobra"

	"ferry/model"
	"ferry/model/hub"
)

func (a *app) userEnable() *cobra.Command {
	return a.userStateCommand("enable", "Let an API user be used again", "Enabled", model.Active)
}

func (a *app) userDisable() *cobra.Command {
	return a.userStateCommand("disable", "Refuse an API user new access tokens, and those that it has", "Disabled", model.Disabled)
}

func (a *app) userStateCommand(name, short, done string, to model.State) *cobra.Command {
	return &cobra.Command{
		Use: name + " USER", Short: short, Args: takes("USER"), ValidArgsFunction: a.userNames,
		RunE: a.onUser(func(ctx context.Context, h *hub.Hub, u *model.APIUser) error {
			var now model.APIUser
			err := a.confirmed(ctx, u.Username, "", func(confirm string) (err error) {
				now, err = h.Users.SetState(ctx, h.Space, u.ID, to, confirm)
				return err
			})
			if err != nil {
				return err
			}
			return a.showUser(ctx, h, &now, done)
		}),
	}
}
