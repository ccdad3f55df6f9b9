package command

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"ferry/model"
	"ferry/model/clients"
	"ferry/model/hub"
)

func (a *app) clientCommand() *cobra.Command {
	cmd := group(
		"client", "API clients: connections to other systems' REST APIs",
		a.clientList(), a.clientShow(), a.clientCreate(), a.clientUpdate(), a.clientEnable(), a.clientDisable(),
		a.clientDuplicate(), a.clientDelete(), a.clientImportCurl(),
	)
	return cmd
}

// showClient prints a client that a command changed: its view for scripts, one line
// for people.
func (a *app) showClient(h *hub.Hub, c *model.Client, done string) error {
	return a.show(clients.ViewOf(h.Space, c), say("%s %s (revision %d)", done, c.Name, c.Revision))
}

// onClient returns the RunE of a command on the client named by its first argument.
func (a *app) onClient(do func(ctx context.Context, h *hub.Hub, c *model.Client) error) func(*cobra.Command, []string) error {
	return a.withHub(func(ctx context.Context, h *hub.Hub, args []string) error {
		c, err := h.Clients.ByName(ctx, h.Space, args[0])
		if err != nil {
			return err
		}
		return do(ctx, h, &c)
	})
}

// wrote is showing nothing: the command has written its output itself.
func wrote(w io.Writer, text string) error {
	_, err := io.WriteString(w, text)
	return err
}
