package command

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"ferry/model"
	"ferry/model/hub"
	"ferry/model/tokens"
)

// tokenView is the outside shape of a token.
type tokenView struct {
	AccessToken string  `json:"access_token"`
	TokenType   string  `json:"token_type"`
	ExpiresAt   *string `json:"expires_at"` // null: the endpoint gave no usable lifetime
	Scope       string  `json:"scope"`
	Client      string  `json:"client"`
}

// claimsView is a decoded token; header and payload are null for an opaque one.
type claimsView struct {
	Header    json.RawMessage `json:"header"`
	Payload   json.RawMessage `json:"payload"`
	Signature signatureView   `json:"signature"`
}

type signatureView struct {
	Verdict model.Verdict `json:"verdict"`
	Detail  string        `json:"detail"`
}

type tokenFlags struct{ header, claims, fresh, revoke bool }

func (a *app) tokenCommand() *cobra.Command {
	var f tokenFlags
	cmd := &cobra.Command{
		Use: "token CLIENT", Short: "Print a valid access token, fetched only when needed", Args: takes("CLIENT"),
		Example:           "  curl -H \"$(ferry token dvinci --header)\" https://jobs.example.com/restApi/dvinciUsers/\n  ferry token dvinci --claims",
		ValidArgsFunction: a.clientNames,
	}
	cmd.Flags().BoolVar(&f.header, "header", false, "print it as an Authorization header")
	cmd.Flags().BoolVar(&f.claims, "claims", false, "print what it says, decoded, and what is known of its signature")
	cmd.Flags().BoolVar(&f.fresh, "fresh", false, "fetch a new one, and send a secret again that was rejected before")
	cmd.Flags().BoolVar(&f.revoke, "revoke", false, "forget it, and revoke it at the server where that can be found out")
	cmd.RunE = a.onClient(func(ctx context.Context, h *hub.Hub, c *model.Client) error {
		if f.header && f.claims || f.revoke && (f.header || f.claims || f.fresh) {
			return usagef(cmd, "--header, --claims and --revoke are alternatives")
		}
		if f.revoke {
			return a.revokeToken(ctx, h, c)
		}
		res, err := h.Tokens.Get(ctx, h.Space, c, f.fresh)
		if err != nil {
			return err
		}
		if f.claims {
			return a.showClaims(h.Tokens.Claims(ctx, c, res.Token))
		}
		return a.showToken(c, &res, f.header)
	})
	return cmd
}

func (a *app) showToken(c *model.Client, res *tokens.Result, header bool) error {
	t := &res.Token
	view := tokenView{
		AccessToken: t.Access.Reveal(), TokenType: t.Type, ExpiresAt: utcOrNull(t.Expires), Scope: t.Scope, Client: c.Name,
	}
	return a.show(view, func(w io.Writer) {
		if header {
			fmt.Fprint(w, "Authorization: Bearer ")
		}
		fmt.Fprintln(w, a.toTerminal(t.Access.Reveal()))
	})
}

func (a *app) showClaims(c model.Claims) error {
	view := claimsView{Header: rawJSON(c.Header), Payload: rawJSON(c.Payload), Signature: signatureView{c.Verdict, c.Detail}}
	return a.show(view, func(w io.Writer) {
		if !c.Opaque {
			fmt.Fprintf(w, "%s\n%s\n", model.PrintableLines(c.Header), model.PrintableLines(c.Payload))
		}
		line := "signature: " + string(c.Verdict)
		if c.Opaque {
			line = "an opaque token: it says nothing"
		}
		if c.Detail != "" {
			line += " (" + c.Detail + ")"
		}
		fmt.Fprintln(w, model.Printable(line))
	})
}

// rawJSON is text that is JSON already, null where it is not.
func rawJSON(text string) json.RawMessage {
	if !json.Valid([]byte(text)) {
		return json.RawMessage("null")
	}
	return json.RawMessage(text)
}

func (a *app) revokeToken(ctx context.Context, h *hub.Hub, c *model.Client) error {
	done, err := h.Tokens.Revoke(ctx, h.Space, c)
	if err != nil {
		return err
	}
	view := map[string]any{"client": c.Name, "revoked": true, "at_server": done.Upstream}
	text := "Forgot the token of %s; no revocation endpoint is known, so it stays valid at the server until it expires"
	if done.Upstream {
		text = "Revoked the token of %s"
	}
	return a.show(view, say(text, c.Name))
}
