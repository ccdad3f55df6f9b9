package command

import (
	"context"

	"github.com/spf13/cobra"

	"ferry/model"
	"ferry/model/hub"
	"ferry/model/transfers"
)

func (a *app) syncCreate() *cobra.Command {
	var f syncFlags
	cmd := &cobra.Command{
		Use: "create NAME --source CLIENT --source-path PATH --target CLIENT --target-path PATH --key FIELD", Short: "Create a sync",
		Long: "Create a sync. Nothing is sent yet: ferry sync run runs it, or ferry serve, as --schedule says.\n" +
			"-q and -H, and the flags about paging, are about the source.",
		Example: "  ferry sync create prices --source erp --source-path /erp/products --target erp-secure \\\n" +
			"      --target-path '/erp/secure/prices/{sku}' --key sku \\\n" +
			"      --jq '{sku, amount: .price, currency, valid_from: .updated_at[:10]}' --schedule 'every 30s'",
		Args: takes("NAME"),
	}
	f.add(a, cmd)
	open := a.withHub(func(ctx context.Context, h *hub.Hub, args []string) error {
		d := transfers.Draft{Kind: model.KindSync, Name: args[0]}
		if err := f.apply(cmd, &d); err != nil {
			return err
		}
		var st transfers.Status
		err := a.confirmed(ctx, f.target, "", func(confirm string) (err error) {
			st, err = h.Transfers.CreateSync(ctx, h.Space, d, confirm)
			return err
		})
		if err != nil {
			return err
		}
		a.noteNoServer(ctx, h, &st)
		return a.showSync(h, &st, "Created")
	})
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := f.whole(cmd); err != nil {
			return err
		}
		if err := f.check(cmd); err != nil {
			return err
		}
		return open(cmd, args)
	}
	return cmd
}
