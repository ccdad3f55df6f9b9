package command

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/spf13/cobra"

	"ferry/model"
	"ferry/model/hub"
)

func (a *app) storeInfo() *cobra.Command {
	return &cobra.Command{
		Use: "info", Short: "Say what the store holds", Args: takes(),
		RunE: a.withHub(func(ctx context.Context, h *hub.Hub, _ []string) error {
			info, err := h.Inspector.Info(ctx)
			if err != nil {
				return err
			}
			return a.show(info, func(w io.Writer) { printInfo(w, &info) })
		}),
	}
}

func printInfo(w io.Writer, info *model.StoreInfo) {
	rows := [][]string{
		{"Store", info.Path},
		{"Kind", info.Kind},
		{"Store ID", info.StoreID},
		{"Format", fmt.Sprint(info.Format)},
		{"Size", fmt.Sprintf("%d bytes", info.Bytes)},
		{"Changes", fmt.Sprint(info.Sequence)},
	}
	for _, kind := range slices.Sorted(maps.Keys(info.Records)) {
		rows = append(rows, []string{"Records: " + kind, fmt.Sprint(info.Records[kind])})
	}
	table(w, rows)
}
