package command

import (
	"context"

	"github.com/spf13/cobra"

	"ferry/model/hub"
)

func (a *app) spaceCreate() *cobra.Command {
	var protected bool
	cmd := &cobra.Command{
		Use: "create NAME", Short: "Create a space", Args: takes("NAME"),
		Example: "  ferry space create acme\n  ferry client list --space acme",
	}
	cmd.Flags().BoolVar(&protected, "protected", false, "whatever changes data there asks for a name")
	cmd.RunE = a.withStore(func(ctx context.Context, h *hub.Hub, args []string) error {
		sp, err := h.Spaces.Create(ctx, args[0], protected)
		if err != nil {
			return err
		}
		return a.showSpace(sp, "Created the space "+sp.Name)
	})
	return cmd
}
