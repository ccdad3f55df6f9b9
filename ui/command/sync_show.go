package command

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"ferry/model/hub"
	"ferry/model/transfers"
)

// shownRuns and shownFaults are how many of the newest a person is shown at once.
const shownRuns, shownFaults = 5, 5

func (a *app) syncShow() *cobra.Command {
	return &cobra.Command{
		Use: "show NAME", Short: "Show a sync: its settings, its last runs, and what went wrong", Args: takes("NAME"),
		Example:           "  ferry sync show products\n  ferry sync show products --output json",
		ValidArgsFunction: a.syncNames,
		RunE: a.onSync(func(ctx context.Context, h *hub.Hub, st *transfers.Status) error {
			return a.showTransfer(ctx, h, st)
		}),
	}
}

// showTransfer prints a transfer of any kind: its view for scripts, and for people its newest
// runs and faults, too.
func (a *app) showTransfer(ctx context.Context, h *hub.Hub, st *transfers.Status) error {
	if a.json() {
		return a.show(transfers.ViewOf(h.Space, st), nil)
	}
	runs, err := h.Transfers.Runs(ctx, st.Transfer.ID)
	if err != nil {
		return err
	}
	faults, err := h.Transfers.Faults(ctx, h.Space, st.Transfer.ID)
	if err != nil {
		return err
	}
	describeTransfer(a.out, h.Space, st, h.Now())
	if len(runs) > 0 {
		fmt.Fprintln(a.out)
		listRuns(a.out, runs[:min(len(runs), shownRuns)], h.Now())
	}
	if len(faults) > 0 {
		fmt.Fprintln(a.out)
		listFaults(a.out, faults[:min(len(faults), shownFaults)])
		moreOf(a.out, len(faults)-shownFaults, "ferry transfer errors "+string(st.Transfer.ID))
	}
	return nil
}

func moreOf(w io.Writer, n int, command string) {
	if n > 0 {
		fmt.Fprintf(w, "%d more: %s\n", n, command)
	}
}
