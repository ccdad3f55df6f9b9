package command

import (
	"context"

	"github.com/spf13/cobra"

	"ferry/model"
	"ferry/model/hub"
	"ferry/model/spaces"
)

func (a *app) spaceRename() *cobra.Command {
	return &cobra.Command{
		Use: "rename SPACE NAME", Short: "Rename a space", Args: takes("SPACE", "NAME"), ValidArgsFunction: a.spaceNames,
		Long: "Rename a space. Its token URL has the name in it: partners have to be told the new one, and access\n" +
			"tokens that were issued before are refused.",
		RunE: a.onSpace(func(ctx context.Context, h *hub.Hub, sp model.Space, args []string) error {
			return a.changeSpace(ctx, h, sp, spaces.Edit{Name: &args[1]}, "Renamed the space "+sp.Name+" to "+args[1])
		}),
	}
}

func (a *app) spaceProtect() *cobra.Command {
	var off bool
	cmd := &cobra.Command{
		Use: "protect SPACE", Short: "Make whatever changes data in a space ask for a name", Args: takes("SPACE"),
		Example: "  ferry space protect production\n  ferry space protect production --off --confirm production", ValidArgsFunction: a.spaceNames,
	}
	cmd.Flags().BoolVar(&off, "off", false, "take the protection away")
	cmd.RunE = a.onSpace(func(ctx context.Context, h *hub.Hub, sp model.Space, _ []string) error {
		on, done := !off, "Protected the space "+sp.Name
		if off {
			done = "Took the protection from the space " + sp.Name
		}
		return a.changeSpace(ctx, h, sp, spaces.Edit{Protected: &on}, done)
	})
	return cmd
}
