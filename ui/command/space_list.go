package command

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"ferry/model"
	"ferry/model/hub"
	"ferry/model/spaces"
)

func (a *app) spaceList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the spaces", Args: takes(),
		RunE: a.withStore(func(ctx context.Context, h *hub.Hub, _ []string) error {
			rows, err := h.Spaces.List(ctx)
			if err != nil {
				return err
			}
			views := make([]spaces.View, len(rows))
			for i := range rows {
				views[i] = spaces.ViewOf(rows[i])
			}
			return a.show(listOf(views, ""), func(w io.Writer) { listSpaces(w, rows) })
		}),
	}
}

func listSpaces(w io.Writer, rows []model.Space) {
	out := [][]string{{"NAME", "STATE", "CREATED", "BY"}}
	for _, sp := range rows {
		out = append(out, []string{sp.Name, spaceState(sp), utc(sp.Created.At), sp.Created.By})
	}
	table(w, out)
}

func spaceState(sp model.Space) string {
	switch {
	case sp.Deleting:
		return "being deleted"
	case sp.Protected:
		return "protected"
	}
	return "open"
}
