package command

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"ferry/model"
	"ferry/model/clients"
	"ferry/model/hub"
)

func (a *app) clientShow() *cobra.Command {
	var curl bool
	var reveal string
	cmd := &cobra.Command{
		Use: "show CLIENT", Short: "Show an API client; secrets only as set or not", Args: takes("CLIENT"),
		Example:           "  ferry client show djust-erp\n  ferry client show djust-erp --curl\n  ferry client show djust-erp --reveal client_secret",
		ValidArgsFunction: a.clientNames,
	}
	cmd.Flags().BoolVar(&curl, "curl", false, "print shell lines that do the same with curl, secrets masked")
	cmd.Flags().StringVar(&reveal, "reveal", "", "print this secret `FIELD` alone (client_secret, password, key, cert_key, proxy_password, headers.NAME, token_headers.NAME); it is written to the audit log")
	cmd.RunE = a.onClient(func(ctx context.Context, h *hub.Hub, c *model.Client) error {
		switch {
		case curl && reveal != "":
			return usagef(cmd, "--curl and --reveal cannot both be printed")
		case curl:
			text := clients.Curl(c)
			return a.show(map[string]string{"curl": text}, func(w io.Writer) { fmt.Fprint(w, model.PrintableLines(text)) })
		case reveal != "":
			secret, err := h.Clients.Reveal(ctx, h.Space, c.ID, reveal)
			if err != nil {
				return err
			}
			return a.show(map[string]string{"field": reveal, "value": secret.Reveal()},
				func(w io.Writer) { fmt.Fprintln(w, a.toTerminal(secret.Reveal())) })
		}
		return a.show(clients.ViewOf(h.Space, c), func(w io.Writer) { describe(w, h.Space, c) })
	})
	complete(cmd, "reveal", append([]string{"headers.", "token_headers."}, clients.RevealFields...)...)
	return cmd
}

// toTerminal is text as it is, made safe when stdout is a terminal.
func (a *app) toTerminal(text string) string {
	if a.env.Terminals.Out {
		return model.PrintableLines(text)
	}
	return text
}

func mask(s model.Secret) string {
	if s.IsSet() {
		return model.Mask
	}
	return "not set"
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
