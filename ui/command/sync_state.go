package command

import (
	"context"

	"github.com/spf13/cobra"

	"ferry/model/hub"
	"ferry/model/transfers"
)

func (a *app) syncPause() *cobra.Command {
	return &cobra.Command{
		Use: "pause NAME", Short: "Keep a sync from running; a run under way ends after what is in flight",
		Args: takes("NAME"), ValidArgsFunction: a.syncNames,
		RunE: a.onSync(func(ctx context.Context, h *hub.Hub, st *transfers.Status) error {
			return a.pauseTransfer(ctx, h, st)
		}),
	}
}

func (a *app) syncResume() *cobra.Command {
	return &cobra.Command{
		Use: "resume NAME", Short: "Let a paused sync run again", Args: takes("NAME"), ValidArgsFunction: a.syncNames,
		RunE: a.onSync(a.resumeSync),
	}
}

// resumeSync lets a sync run again, and says whether somebody will.
func (a *app) resumeSync(ctx context.Context, h *hub.Hub, st *transfers.Status) error {
	if err := h.Transfers.Resume(ctx, h.Space, st.Transfer.ID); err != nil {
		return err
	}
	now, err := h.Transfers.Find(ctx, h.Space, string(st.Transfer.ID))
	if err != nil {
		return err
	}
	a.noteNoServer(ctx, h, &now)
	return a.show(transfers.ViewOf(h.Space, &now), say("Resumed %s", now.Transfer.Name))
}
