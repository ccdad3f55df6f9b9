package command

import (
	"context"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"ferry/model"
	"ferry/model/clients"
	"ferry/model/hub"
)

func (a *app) clientUpdate() *cobra.Command {
	var f clientFlags
	var revision uint64
	cmd := &cobra.Command{
		Use: "update CLIENT", Short: "Change an API client, or rotate its secrets", Args: takes("CLIENT"),
		Long: "Change an API client. Only what is given changes; an empty value clears. A new origin of the\n" +
			"base URL, token URL, issuer or device URL, another trust or proxy, and --insecure clear the stored\n" +
			"secrets, unless they are given again in the same update.",
		Example: "  ferry client update djust-erp --timeout 10s\n" +
			"  ferry client update dvinci --client-secret-file new.txt\n" +
			"  ferry client update djust-erp --protected=false --confirm djust-erp",
		ValidArgsFunction: a.clientNames,
	}
	f.add(cmd)
	cmd.Flags().StringVar(&f.name, "name", "", "rename it to `NAME`")
	cmd.Flags().StringArrayVar(&f.removed, "remove-header", nil, "remove the header `NAME`")
	cmd.Flags().StringArrayVar(&f.access.removed, "remove-token-header", nil, "remove the header `NAME` of token requests")
	cmd.Flags().Uint64Var(&revision, "if-revision", 0, "only if it still has the revision `N`, else exit 5")
	cmd.RunE = a.onClient(func(ctx context.Context, h *hub.Hub, c *model.Client) error {
		if !anyLocal(cmd) {
			return usagef(cmd, "it needs something to change, or --test")
		}
		d := clients.DraftOf(*c)
		if cmd.Flags().Changed("name") {
			d.Name = f.name
		}
		if cmd.Flags().Changed("if-revision") {
			if revision == 0 {
				return usagef(cmd, "--if-revision counts from 1").WithField("revision")
			}
			d.Revision = revision
		}
		if err := f.apply(ctx, a, cmd, &d); err != nil {
			return err
		}
		if f.test {
			if err := a.testDraft(ctx, h, c.ID, d); err != nil {
				return err
			}
		}
		var saved clients.Saved
		err := a.confirmed(ctx, c.Name, "", func(confirm string) (err error) {
			saved, err = h.Clients.Update(ctx, h.Space, c.ID, d, confirm)
			return err
		})
		if err != nil {
			return err
		}
		a.warn(saved.Warnings)
		done := "Updated"
		if saved.Client.Revision == c.Revision {
			done = "Nothing changed in"
		}
		return a.showClient(h, &saved.Client, done)
	})
	return cmd
}

// anyLocal reports whether a flag of the command itself was given that does something.
func anyLocal(cmd *cobra.Command) bool {
	given := false
	cmd.Flags().Visit(func(f *pflag.Flag) {
		global := cmd.InheritedFlags().Lookup(f.Name) != nil
		given = given || !global && f.Name != "if-revision"
	})
	return given
}
