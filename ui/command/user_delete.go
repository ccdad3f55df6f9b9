package command

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"ferry/model"
	"ferry/model/hub"
)

func (a *app) userDelete() *cobra.Command {
	return &cobra.Command{
		Use: "delete USER --confirm USER", Short: "Delete an API user, irreversibly", Args: takes("USER"),
		Long: "Delete an API user with all its keys; access tokens that it has are refused from then on. This is\n" +
			"irreversible, so it needs the username once more: typed on a terminal, else with --confirm.",
		ValidArgsFunction: a.userNames,
		RunE: a.onUser(func(ctx context.Context, h *hub.Hub, u *model.APIUser) error {
			what, err := h.Users.Dependents(ctx, h.Space, u.ID)
			if err != nil {
				return err
			}
			warning := "Deleting " + u.Username + " is irreversible."
			if len(what) > 0 {
				warning += " It takes with it " + strings.Join(what, " and ") + "."
			}
			err = a.confirmed(ctx, u.Username, warning, func(confirm string) error {
				return h.Users.Delete(ctx, h.Space, u.ID, 0, confirm)
			})
			if err != nil {
				return err
			}
			return a.show(deletedView{ID: u.ID, Name: u.Username, Deleted: true}, say("Deleted %s", u.Username))
		}),
	}
}
