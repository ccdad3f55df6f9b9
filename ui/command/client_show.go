package command

import (
	"context"
	"fmt"
	"io"
	"strings"

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
	cmd.Flags().StringVar(&reveal, "reveal", "", "print this secret `FIELD` alone (client_secret, password, headers.NAME); it is written to the audit log")
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
	complete(cmd, "reveal", "client_secret", "password", "headers.")
	return cmd
}

// toTerminal is text as it is, made safe when stdout is a terminal.
func (a *app) toTerminal(text string) string {
	if a.env.Terminals.Out {
		return model.PrintableLines(text)
	}
	return text
}

// describe prints a client for a person: what is set, one field a line.
func describe(w io.Writer, space model.Space, c *model.Client) {
	var rows [][]string
	row := func(label, value string) {
		if value != "" {
			rows = append(rows, []string{label, value})
		}
	}
	row("Name", c.Name)
	row("Space", space.Name)
	row("Base URL", c.BaseURL)
	row("State", string(c.State))
	row("Protected", yesNo(c.Protected))
	row("Authentication", authName(c.Auth.Method))
	if c.UsesOAuth() {
		describeAuth(row, &c.Auth)
	}
	for _, h := range c.Headers {
		value := h.Value.Reveal()
		if h.Secret {
			value = mask(h.Value)
		}
		row("Header", h.Name+": "+value)
	}
	if c.AllowHTTP {
		row("Plain http", "allowed")
	}
	if c.TLS.CAPEM != "" {
		row("TLS trust", "its own certificates")
	}
	row("TLS server name", c.TLS.ServerName)
	row("TLS at least", c.TLS.MinVersion)
	row("Timeout", c.EffectiveTimeout().String())
	row("Missing", strings.Join(clients.Missing(c), ", "))
	row("Revision", fmt.Sprint(c.Revision))
	row("Created", utc(c.Created.At)+" by "+c.Created.By)
	row("Updated", utc(c.Updated.At)+" by "+c.Updated.By)
	table(w, rows)
}

func describeAuth(row func(label, value string), a *model.Auth) {
	row("Grant", string(a.Grant))
	row("Access token URL", a.TokenURL)
	row("Issuer", a.Issuer)
	row("Client ID", a.ClientID)
	row("Client secret", mask(a.ClientSecret))
	if a.Grant == model.GrantPassword {
		row("Username", a.Username)
		row("Password", mask(a.Password))
	}
	row("Scopes", strings.Join(a.Scopes, " "))
	row("Audience", a.Audience)
	for _, p := range a.Params {
		row("Parameter", p.Name+"="+p.Value)
	}
	row("Credentials in", string(a.Send))
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
