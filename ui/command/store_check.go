package command

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"ferry/model"
	"ferry/model/hub"
)

func (a *app) storeCheck() *cobra.Command {
	return &cobra.Command{
		Use: "check", Short: "Open every record and report what does not agree", Args: takes(),
		RunE: a.withHub(func(ctx context.Context, h *hub.Hub, _ []string) error {
			report, err := h.Inspector.Check(ctx)
			if err != nil {
				return err
			}
			if err := a.show(report, func(w io.Writer) { printReport(w, &report) }); err != nil {
				return err
			}
			if n := len(report.Problems); n > 0 {
				return model.Errorf(model.ECorrupt, "the store has %d problems", n).
					WithNext("put back a copy of %s from before", model.Printable(report.Path))
			}
			return nil
		}),
	}
}

func printReport(w io.Writer, r *model.StoreReport) {
	for _, p := range r.Problems {
		fmt.Fprintln(w, model.Printable(p))
	}
	fmt.Fprintf(w, "%d records checked, %d problems\n", r.Checked, len(r.Problems))
}
