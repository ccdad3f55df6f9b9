package command

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"ferry/model"
)

func (a *app) vaultStatus() *cobra.Command {
	return &cobra.Command{
		Use: "status", Short: "Say where the store is and what opens it; needs no key", Args: takes(),
		RunE: a.run(func(ctx context.Context, _ []string) error {
			door, err := a.env.Door(a.settings())
			if err != nil {
				return err
			}
			st, err := door.Status(ctx)
			if err != nil {
				return err
			}
			return a.show(st, func(w io.Writer) { printStatus(w, st) })
		}),
	}
}

func printStatus(w io.Writer, st model.VaultStatus) {
	table(w, [][]string{
		{"Store", st.Path},
		{"Store ID", st.StoreID},
		{"Format", fmt.Sprint(st.Format)},
		{"Created", utc(st.Created)},
	})
	fmt.Fprintln(w)
	rows := [][]string{{"SLOT", "OPENED BY", "LABEL", "PUBLIC KEY", "CREATED"}}
	for _, s := range st.Slots {
		public := s.Recipient
		if public == "" {
			public = "-"
		}
		rows = append(rows, []string{string(s.ID), string(s.Kind), s.Label, public, utc(s.Created)})
	}
	table(w, rows)
}
