package command

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"

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

// introspectionView is what the authorization server says of a token.
type introspectionView struct {
	Client        string          `json:"client"`
	Introspection json.RawMessage `json:"introspection"` // RFC 7662 §2.2
}

type tokenFlags struct{ header, claims, fresh, revoke, introspect bool }

func (a *app) tokenCommand() *cobra.Command {
	var f tokenFlags
	cmd := &cobra.Command{
		Use: "token CLIENT", Short: "Print a valid access token, fetched only when needed", Args: takes("CLIENT"),
		Long: "Print a valid access token, fetched only when needed and shared with the console and every\n" +
			"other ferry on this store. A client that insists on a person (device grant) shows a code and a\n" +
			"URL on stderr and waits; without a terminal, and without a refresh token, it exits 4.",
		Example:           "  curl -H \"$(ferry token dvinci --header)\" https://jobs.example.com/restApi/dvinciUsers/\n  ferry token dvinci --claims\n  ferry token dvinci --introspect --output json",
		ValidArgsFunction: a.clientNames,
	}
	cmd.Flags().BoolVar(&f.header, "header", false, "print it as an Authorization header")
	cmd.Flags().BoolVar(&f.claims, "claims", false, "print what it says, decoded, and what is known of its signature")
	cmd.Flags().BoolVar(&f.fresh, "fresh", false, "fetch a new one, and send a secret again that was rejected before")
	cmd.Flags().BoolVar(&f.revoke, "revoke", false, "forget it, and revoke it at the server where that can be found out")
	cmd.Flags().BoolVar(&f.introspect, "introspect", false, "print what the server says of it (RFC 7662), where that can be asked")
	run := a.onClient(func(ctx context.Context, h *hub.Hub, c *model.Client) error {
		a.noteInsecure(c)
		if f.revoke {
			return a.revokeToken(ctx, h, c)
		}
		res, err := h.Tokens.Get(ctx, h.Space, c, f.fresh)
		if tokens.NeedsPerson(err) && a.env.Terminals.Err {
			res, err = a.login(ctx, h, c)
		}
		switch {
		case err != nil:
			return err
		case f.claims:
			return a.showClaims(h.Tokens.Claims(ctx, c, res.Token))
		case f.introspect:
			return a.introspect(ctx, h, c)
		}
		return a.showToken(c, &res, f.header)
	})
	// The store is not opened for a command line that cannot work.
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := f.check(cmd); err != nil {
			return err
		}
		return run(cmd, args)
	}
	return cmd
}

func (f *tokenFlags) check(cmd *cobra.Command) error {
	n := 0
	for _, on := range []bool{f.header, f.claims, f.introspect, f.revoke} {
		if on {
			n++
		}
	}
	switch {
	case n > 1:
		return usagef(cmd, "--header, --claims, --introspect and --revoke are alternatives")
	case f.revoke && f.fresh:
		return usagef(cmd, "--fresh and --revoke are alternatives")
	}
	return nil
}

func (a *app) introspect(ctx context.Context, h *hub.Hub, c *model.Client) error {
	says, _, err := h.Tokens.Introspect(ctx, h.Space, c)
	if err != nil {
		return err
	}
	return a.show(introspectionView{c.Name, rawJSON(says)}, func(w io.Writer) {
		fmt.Fprintln(w, strings.TrimRight(model.PrintableLines(says), "\n"))
	})
}

func (a *app) showToken(c *model.Client, res *tokens.Result, header bool) error {
	t := &res.Token
	view := tokenView{
		AccessToken: t.Access.Reveal(), TokenType: t.Type, ExpiresAt: utcOrNull(t.Expires), Scope: t.Scope, Client: c.Name,
	}
	line := t.Access.Reveal()
	if header {
		name, value := tokens.Header(c, *t)
		if name == "" {
			return model.Errorf(model.EUsage, "%q takes its token in the query parameter %s, not in a header", c.Name, model.Printable(c.Auth.Place.Query)).
				WithField("header").WithNext("print the token alone: ferry token %s", c.Name)
		}
		line = name + ": " + value.Reveal()
	}
	return a.show(view, func(w io.Writer) { fmt.Fprintln(w, a.toTerminal(line)) })
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
