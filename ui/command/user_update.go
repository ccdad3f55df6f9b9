package command

import (
	"context"

	"github.com/spf13/cobra"

	"ferry/model"
	"ferry/model/hub"
)

func (a *app) userUpdate() *cobra.Command {
	var f userFlags
	var revision uint64
	cmd := &cobra.Command{
		Use: "update USER", Short: "Change an API user", Args: takes("USER"),
		Long: "Change an API user. Only what is given changes; it counts for access tokens that are out already:\n" +
			"they permit no more than the user may do at present.",
		Example: "  ferry user update partner --ttl 30 --add-permit keys:view\n" +
			"  ferry user update partner --from ''    # from anywhere\n" +
			"  ferry user update partner --oauth2=false",
		ValidArgsFunction: a.userNames,
	}
	f.add(a, cmd)
	f.addUpdate(a, cmd)
	cmd.Flags().Uint64Var(&revision, "if-revision", 0, "only if it still has the revision `N`, else exit 5")
	cmd.RunE = a.onUser(func(ctx context.Context, h *hub.Hub, u *model.APIUser) error {
		if !anyLocal(cmd) {
			return usagef(cmd, "it needs something to change")
		}
		d, err := h.Users.DraftOf(ctx, h.Space, *u)
		if err != nil {
			return err
		}
		if cmd.Flags().Changed("if-revision") {
			if revision == 0 {
				return usagef(cmd, "--if-revision counts from 1").WithField("revision")
			}
			d.Revision = revision
		}
		if err := f.applyUpdate(cmd, &d, h.Now); err != nil {
			return err
		}
		var now model.APIUser
		err = a.confirmed(ctx, u.Username, "", func(confirm string) (err error) {
			now, err = h.Users.Update(ctx, h.Space, u.ID, d, confirm)
			return err
		})
		if err != nil {
			return err
		}
		done := "Updated"
		if now.Revision == u.Revision {
			done = "Nothing changed in"
		}
		return a.showUser(ctx, h, &now, done)
	})
	return cmd
}
