package command

import (
	"context"

	"github.com/spf13/cobra"

	"ferry/model"
	"ferry/model/hub"
	"ferry/model/transfers"
)

func (a *app) transferPause() *cobra.Command {
	return &cobra.Command{
		Use: "pause ID", Short: "Pause a transfer after what is in flight, whoever runs it", Args: takes("ID"),
		ValidArgsFunction: a.transferNames,
		RunE: a.onTransfer(func(ctx context.Context, h *hub.Hub, st *transfers.Status) error {
			return a.pauseTransfer(ctx, h, st)
		}),
	}
}

func (a *app) pauseTransfer(ctx context.Context, h *hub.Hub, st *transfers.Status) error {
	if err := h.Transfers.Pause(ctx, h.Space, st.Transfer.ID); err != nil {
		return err
	}
	return a.asked(ctx, h, st, "Paused", "Asked to pause")
}

func (a *app) transferCancel() *cobra.Command {
	return &cobra.Command{
		Use: "cancel ID", Short: "End an export or an import for good; its unfinished file goes", Args: takes("ID"),
		ValidArgsFunction: a.transferNames,
		RunE: a.onTransfer(func(ctx context.Context, h *hub.Hub, st *transfers.Status) error {
			ok, err := a.agreed(ctx, model.Printable(st.Title())+": end it for good?")
			if err != nil {
				return err
			}
			if !ok {
				return model.Errorf(model.EConfirm, "nothing was cancelled").WithNext("to pause it: ferry transfer pause %s", st.Transfer.ID)
			}
			if err := h.Transfers.Cancel(ctx, h.Space, st.Transfer.ID); err != nil {
				return err
			}
			return a.asked(ctx, h, st, "Cancelled", "Asked to end")
		}),
	}
}

// asked says what came of a wish: it is so, or whoever runs the transfer was asked.
func (a *app) asked(ctx context.Context, h *hub.Hub, st *transfers.Status, done, asked string) error {
	now, err := h.Transfers.Find(ctx, h.Space, string(st.Transfer.ID))
	if err != nil {
		return err
	}
	if now.Phase == model.PhaseRunning {
		done = asked
	}
	return a.show(transfers.ViewOf(h.Space, &now), say("%s: %s", done, now.Title()))
}

func (a *app) transferResume() *cobra.Command {
	return &cobra.Command{
		Use: "resume ID", Short: "Go on with an export or import here, or let a paused sync run again", Args: takes("ID"),
		Long: "Go on with an export or an import that was paused, failed or was cut off, in this process; a paused\n" +
			"sync may run again. --yes replaces a file of an export that is there.",
		ValidArgsFunction: a.transferNames,
		RunE: a.onTransfer(func(ctx context.Context, h *hub.Hub, st *transfers.Status) error {
			if st.Transfer.Kind == model.KindSync {
				return a.resumeSync(ctx, h, st)
			}
			return a.continueTransfer(ctx, h, st)
		}),
	}
}

func (a *app) continueTransfer(ctx context.Context, h *hub.Hub, st *transfers.Status) error {
	m := &move{
		target: st.TargetName, clients: []string{st.SourceName}, file: st.Transfer.File.Path,
		options: transfers.Options{Resume: true, Replace: a.g.yes},
		run: func(ctx context.Context, o transfers.Options) (transfers.Status, error) {
			return h.Transfers.Continue(ctx, h.Space, st.Transfer.ID, o)
		},
	}
	if st.Transfer.Kind == model.KindImport {
		m.clients = []string{st.TargetName}
	}
	return a.move(ctx, h, m)
}
