package command

import (
	"context"
	"time"

	"github.com/spf13/cobra"
)

// completionTime bounds how long the tab key may take.
const completionTime = 500 * time.Millisecond

// clientNames completes the name of a client. It never asks for anything: where the
// vault does not open by itself there is nothing to offer.
func (a *app) clientNames(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	const none = cobra.ShellCompDirectiveNoFileComp
	if len(args) > 0 {
		return nil, none
	}
	ctx, cancel := context.WithTimeout(cmd.Context(), completionTime)
	defer cancel()
	door, err := a.env.Door(a.settings())
	if err != nil {
		return nil, none
	}
	key, err := door.FindKey(ctx)
	if err != nil {
		return nil, none
	}
	h, err := door.Open(ctx, key)
	if err != nil {
		return nil, none
	}
	defer closeHub(h)
	rows, err := h.Clients.List(ctx, h.Space, nil)
	if err != nil {
		return nil, none
	}
	names := make([]string, len(rows))
	for i := range rows {
		names[i] = rows[i].Name
	}
	return names, none
}
