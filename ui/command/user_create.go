package command

import (
	"context"

	"github.com/spf13/cobra"

	"ferry/model"
	"ferry/model/apiusers"
	"ferry/model/hub"
)

func (a *app) userCreate() *cobra.Command {
	var f userFlags
	cmd := &cobra.Command{
		Use: "create NAME", Short: "Create an API user", Args: takes("NAME"),
		Long: "Create an API user. Its NAME is the client_id with which it asks for access tokens, unique in the\n" +
			"whole store; its client_secret is an API key: ferry key create NAME. Without --oauth2 it gets no\n" +
			"tokens, without --permit it may do nothing with them.",
		Example: "  ferry user create partner --oauth2 --ttl 5 --permit clients:view --permit call:erp --from 203.0.113.0/24\n" +
			"  ferry key create partner --label production --expires 90d",
	}
	f.add(a, cmd)
	cmd.RunE = a.withHub(func(ctx context.Context, h *hub.Hub, args []string) error {
		d := apiusers.Draft{Username: args[0]}
		if err := f.apply(cmd, &d, h.Now); err != nil {
			return err
		}
		var u model.APIUser
		err := a.confirmed(ctx, h.Space.Name, "", func(confirm string) (err error) {
			u, err = h.Users.Create(ctx, h.Space, d, confirm)
			return err
		})
		if err != nil {
			return err
		}
		return a.showUser(ctx, h, &u, "Created")
	})
	return cmd
}
