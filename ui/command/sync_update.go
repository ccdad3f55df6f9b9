package command

import (
	"context"

	"github.com/spf13/cobra"

	"ferry/model/hub"
	"ferry/model/transfers"
)

func (a *app) syncUpdate() *cobra.Command {
	var f syncFlags
	var name string
	var revision uint64
	cmd := &cobra.Command{
		Use: "update NAME", Short: "Change a sync", Args: takes("NAME"), ValidArgsFunction: a.syncNames,
		Long: "Change a sync. Only what is given changes; an empty value clears.",
		Example: "  ferry sync update products --schedule '*/5 * * * *'\n" +
			"  ferry sync update products --deletes --max-deletes 5",
	}
	f.add(a, cmd)
	cmd.Flags().StringVar(&name, "name", "", "rename it to `NAME`")
	cmd.Flags().Uint64Var(&revision, "if-revision", 0, "only if it still has the revision `N`, else exit 5")
	open := a.onSync(func(ctx context.Context, h *hub.Hub, st *transfers.Status) error {
		d, err := h.Transfers.DraftOf(ctx, h.Space, st.Transfer)
		if err != nil {
			return err
		}
		changed(cmd, "name", &d.Name, name)
		changed(cmd, "if-revision", &d.Revision, revision)
		if err := f.apply(cmd, &d); err != nil {
			return err
		}
		var saved transfers.Status
		err = a.confirmed(ctx, d.Target.Client, "", func(confirm string) (err error) {
			saved, err = h.Transfers.UpdateSync(ctx, h.Space, st.Transfer.ID, d, confirm)
			return err
		})
		if err != nil {
			return err
		}
		if cmd.Flags().Changed("schedule") || cmd.Flags().Changed("webhook") {
			a.noteNoServer(ctx, h, &saved)
		}
		done := "Updated"
		if saved.Transfer.Revision == st.Transfer.Revision {
			done = "Nothing changed in"
		}
		return a.showSync(h, &saved, done)
	})
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if !anyLocal(cmd) {
			return usagef(cmd, "it needs something to change")
		}
		if cmd.Flags().Changed("if-revision") && revision == 0 {
			return usagef(cmd, "--if-revision counts from 1").WithField("revision")
		}
		if err := f.check(cmd); err != nil {
			return err
		}
		return open(cmd, args)
	}
	return cmd
}
