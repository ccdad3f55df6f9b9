package command

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"ferry/model"
	"ferry/model/hub"
)

type deletedView struct {
	ID      model.ID `json:"id"`
	Name    string   `json:"name"`
	Deleted bool     `json:"deleted"`
}

func (a *app) clientDelete() *cobra.Command {
	return &cobra.Command{
		Use: "delete CLIENT --confirm CLIENT", Short: "Delete an API client, irreversibly", Args: takes("CLIENT"),
		Long: "Delete an API client with its token and its history. This is irreversible, so it needs the\n" +
			"client's name once more: typed on a terminal, else with --confirm.",
		ValidArgsFunction: a.clientNames,
		RunE: a.onClient(func(ctx context.Context, h *hub.Hub, c *model.Client) error {
			what, err := h.Clients.Dependents(ctx, h.Space, c.ID)
			if err != nil {
				return err
			}
			warning := "Deleting " + c.Name + " is irreversible."
			if len(what) > 0 {
				warning += " It takes with it " + strings.Join(what, " and ") + "."
			}
			err = a.confirmed(ctx, c.Name, warning, func(confirm string) error {
				return h.Clients.Delete(ctx, h.Space, c.ID, confirm)
			})
			if err != nil {
				return err
			}
			return a.show(deletedView{ID: c.ID, Name: c.Name, Deleted: true}, say("Deleted %s", c.Name))
		}),
	}
}
