package command

import (
	"context"

	"github.com/spf13/cobra"

	"ferry/model"
	"ferry/model/hub"
	"ferry/model/spaces"
)

func (a *app) spaceCommand() *cobra.Command {
	cmd := group(
		"space", "Spaces: compartments to which clients, API users and their keys belong",
		a.spaceList(), a.spaceShow(), a.spaceCreate(), a.spaceRename(), a.spaceProtect(), a.spaceDelete(),
	)
	cmd.Long = "Spaces are compartments: clients, API users, their keys and transfers belong to exactly one, and every other\n" +
		"command works in the one that --space or FERRY_SPACE names. The commands on spaces themselves do not\n" +
		"look at --space. The space default exists from the start and stays."
	return cmd
}

// onSpace returns the RunE of a command on the space named by its first argument, also
// one that is being deleted.
func (a *app) onSpace(do func(ctx context.Context, h *hub.Hub, sp model.Space, args []string) error) func(*cobra.Command, []string) error {
	return a.withStore(func(ctx context.Context, h *hub.Hub, args []string) error {
		sp, err := h.Spaces.Find(ctx, args[0])
		if err != nil {
			return err
		}
		return do(ctx, h, sp, args)
	})
}

// changeSpace saves an edit of a space and shows what came of it.
func (a *app) changeSpace(ctx context.Context, h *hub.Hub, sp model.Space, e spaces.Edit, done string) error {
	var now model.Space
	err := a.confirmed(ctx, sp.Name, "", func(confirm string) (err error) {
		now, err = h.Spaces.Update(ctx, sp.ID, e, confirm)
		return err
	})
	if err != nil {
		return err
	}
	if now.Revision == sp.Revision {
		done = "Nothing changed in the space " + sp.Name
	}
	return a.showSpace(now, done)
}

func (a *app) showSpace(sp model.Space, done string) error {
	return a.show(spaces.ViewOf(sp), say("%s (revision %d)", done, sp.Revision))
}
