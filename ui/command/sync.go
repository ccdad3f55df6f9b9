package command

import (
	"context"

	"github.com/spf13/cobra"

	"ferry/model"
	"ferry/model/hub"
	"ferry/model/transfers"
)

func (a *app) syncCommand() *cobra.Command {
	cmd := group(
		"sync", "Syncs: keep one API like another",
		a.syncList(), a.syncShow(), a.syncCreate(), a.syncUpdate(), a.syncRun(), a.syncPause(), a.syncResume(),
		a.syncDelete(), a.syncHistory(), a.syncErrors(),
	)
	cmd.Long = "A sync makes the records of a target like those of a source, one way: what is new is made, what\n" +
		"changed is sent, and, with --deletes, what is gone is deleted. It remembers what it sent, so that\n" +
		"nothing is sent without need. With a schedule or a webhook, ferry serve runs it; sync run runs it now."
	return cmd
}

// syncDoer is what a command does with a sync.
type syncDoer func(ctx context.Context, h *hub.Hub, st *transfers.Status) error

// onSync returns the RunE of a command on the sync named by its first argument.
func (a *app) onSync(do syncDoer) func(*cobra.Command, []string) error {
	return a.withHub(func(ctx context.Context, h *hub.Hub, args []string) error {
		st, err := findSync(ctx, h, args[0])
		if err != nil {
			return err
		}
		return do(ctx, h, &st)
	})
}

func findSync(ctx context.Context, h *hub.Hub, name string) (transfers.Status, error) {
	st, err := h.Transfers.Find(ctx, h.Space, name)
	if err == nil && st.Transfer.Kind != model.KindSync {
		err = model.Errorf(model.ENotFound, "%s is an %s, not a sync", model.Printable(name), st.Transfer.Kind).
			WithNext("see: ferry transfer show %s", st.Transfer.ID)
	}
	return st, err
}

// showSync prints a sync that a command changed: its view for scripts, one line for people.
func (a *app) showSync(h *hub.Hub, st *transfers.Status, done string) error {
	return a.show(transfers.ViewOf(h.Space, st), say("%s %s (revision %d)", done, st.Transfer.Name, st.Transfer.Revision))
}

// noteNoServer says that a sync which is to run by itself needs a server.
func (a *app) noteNoServer(ctx context.Context, h *hub.Hub, st *transfers.Status) {
	s := &st.Transfer.Sync
	if s.Schedule == "" && !s.Webhook || s.Paused {
		return
	}
	if _, err := h.Server.Status(ctx); err != nil {
		a.note("schedule", "no server runs on this store: the sync runs by itself while ferry serve does")
	}
}

func (a *app) syncNames(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	return a.names(listSyncNames)(cmd, args, typed)
}

func listSyncNames(ctx context.Context, h *hub.Hub) ([]string, error) {
	rows, err := h.Transfers.List(ctx, h.Space, nil)
	var out []string
	for i := range rows {
		if t := &rows[i].Transfer; t.Kind == model.KindSync {
			out = append(out, t.Name)
		}
	}
	return out, err
}
