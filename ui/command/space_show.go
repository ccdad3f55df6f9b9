package command

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"ferry/model"
	"ferry/model/hub"
	"ferry/model/spaces"
)

// spaceView is a space with what it holds.
type spaceView struct {
	spaces.View
	Contents spaces.Contents `json:"contents"`
}

func (a *app) spaceShow() *cobra.Command {
	return &cobra.Command{
		Use: "show SPACE", Short: "Show a space and how much it holds", Args: takes("SPACE"), ValidArgsFunction: a.spaceNames,
		RunE: a.onSpace(func(ctx context.Context, h *hub.Hub, sp model.Space, _ []string) error {
			held, err := h.Spaces.Contents(ctx, sp.ID)
			if err != nil {
				return err
			}
			return a.show(spaceView{spaces.ViewOf(sp), held}, func(w io.Writer) { describeSpace(w, sp, held) })
		}),
	}
}

func describeSpace(w io.Writer, sp model.Space, held spaces.Contents) {
	table(w, [][]string{
		{"Name", sp.Name},
		{"State", spaceState(sp)},
		{"API clients", fmt.Sprint(held.Clients)},
		{"API users", fmt.Sprint(held.Users)},
		{"API keys", fmt.Sprint(held.Keys)},
		{"Transfers", fmt.Sprint(held.Transfers)},
		{"Revision", fmt.Sprint(sp.Revision)},
		{"Created", utc(sp.Created.At) + " by " + sp.Created.By},
		{"Updated", utc(sp.Updated.At) + " by " + sp.Updated.By},
	})
}
