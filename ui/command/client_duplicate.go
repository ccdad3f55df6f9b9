package command

import (
	"context"

	"github.com/spf13/cobra"

	"ferry/model"
	"ferry/model/hub"
)

func (a *app) clientDuplicate() *cobra.Command {
	return &cobra.Command{
		Use: "duplicate CLIENT [NAME]", Short: "Copy an API client, its secrets included, as NAME or CLIENT-copy",
		Args: takes("CLIENT", "[NAME]"), ValidArgsFunction: a.clientNames,
		RunE: a.withHub(func(ctx context.Context, h *hub.Hub, args []string) error {
			c, err := h.Clients.ByName(ctx, h.Space, args[0])
			if err != nil {
				return err
			}
			name := ""
			if len(args) > 1 {
				if name = args[1]; name == "" {
					return model.Invalid([]model.FieldError{{Field: "name", Message: "a name is needed"}})
				}
			}
			var copied model.Client
			err = a.confirmed(ctx, h.Space.Name, "", func(confirm string) (err error) {
				copied, err = h.Clients.Duplicate(ctx, h.Space, c.ID, name, confirm)
				return err
			})
			if err != nil {
				return err
			}
			return a.showClient(h, &copied, "Created")
		}),
	}
}
