package command

import (
	"context"
	"fmt"
	"net/http"

	"github.com/spf13/cobra"

	"ferry/model"
	"ferry/model/clients"
	"ferry/model/hub"
)

func (a *app) clientCreate() *cobra.Command {
	var f clientFlags
	cmd := &cobra.Command{
		Use: "create NAME --base-url URL", Short: "Create an API client", Args: takes("NAME"),
		Example: "  ferry client create djust-erp --base-url https://erp.example.com/api --secret-header-file X-API-Key=key.txt\n" +
			"  ferry client create dvinci --base-url https://jobs.example.com --token-url https://jobs.example.com/plt/oauth2/token \\\n" +
			"      --client-id hub --client-secret-file secret.txt\n" +
			"  ferry client create pim --base-url https://pim.example.com --issuer https://login.example.com --client-id hub --key-file key.pem\n" +
			"  ferry client create crm --base-url https://crm.example.com --issuer https://login.example.com --client-id hub --device",
	}
	f.add(cmd)
	cmd.RunE = a.withHub(func(ctx context.Context, h *hub.Hub, args []string) error {
		d := clients.Draft{Name: args[0]}
		if err := f.apply(ctx, a, cmd, &d); err != nil {
			return err
		}
		if err := a.askSecrets(ctx, &d); err != nil {
			return err
		}
		if f.test {
			if err := a.testDraft(ctx, h, "", d); err != nil {
				return err
			}
		}
		var saved clients.Saved
		err := a.confirmed(ctx, h.Space.Name, "", func(confirm string) (err error) {
			saved, err = h.Clients.Create(ctx, h.Space, d, confirm)
			return err
		})
		if err != nil {
			return err
		}
		a.warn(saved.Warnings)
		return a.showClient(h, &saved.Client, "Created")
	})
	return cmd
}

// testDraft tries a draft's connection and says what the API answered: any HTTP
// status counts as reached.
func (a *app) testDraft(ctx context.Context, h *hub.Hub, id model.ID, d clients.Draft) error {
	c, err := h.Clients.Preview(ctx, h.Space, id, d)
	if err != nil {
		return err
	}
	probe, err := h.Calls.Test(ctx, &c)
	if err == nil && !a.json() {
		fmt.Fprintf(a.errOut, "ferry: note: %s answered %d %s\n", model.Printable(c.BaseURL), probe.Response.Status,
			http.StatusText(probe.Response.Status))
	}
	return err
}
