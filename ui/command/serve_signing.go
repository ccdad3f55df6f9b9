package command

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"ferry/model/hub"
	"ferry/model/keys"
	"ferry/model/serving"
)

func (a *app) serveSigningKey() *cobra.Command {
	return group("signing-key", "The keys that access tokens are signed with", a.signingKeyList(), a.signingKeyRotate())
}

func (a *app) signingKeyList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the signing keys, oldest first", Args: takes(),
		RunE: a.withStore(func(ctx context.Context, h *hub.Hub, _ []string) error {
			rows, err := h.Serving.SigningKeys(ctx)
			if err != nil {
				return err
			}
			return a.show(listOf(rows, ""), func(w io.Writer) { listSigningKeys(w, rows, h) })
		}),
	}
}

func listSigningKeys(w io.Writer, rows []serving.SigningKeyView, h *hub.Hub) {
	out := [][]string{{"ID", "ALGORITHM", "STATE", "SIGNS FROM", "KEPT UNTIL"}}
	for i := range rows {
		r := &rows[i]
		kept := "-"
		if r.KeepUntil != nil {
			kept = until(*r.KeepUntil, h.Now())
		}
		out = append(out, []string{string(r.ID), string(r.Algorithm), r.State, utc(r.ActiveFrom), kept})
	}
	table(w, out)
}

func (a *app) signingKeyRotate() *cobra.Command {
	var lead string
	cmd := &cobra.Command{
		Use: "rotate", Short: "Make the next signing key", Args: takes(),
		Long: "Make the next signing key: published at once, used after the lead, so that whoever keeps a copy of\n" +
			"the JWKS has it by then. The one before is kept until the last token that it signed has expired.",
		Example: "  ferry serve signing-key rotate\n  ferry serve signing-key rotate --lead 0    # it became known to others",
	}
	cmd.Flags().StringVar(&lead, "lead", "10m", "how long it is published before it is used: a `SPAN` from 0 to 24h")
	cmd.RunE = a.withStore(func(ctx context.Context, h *hub.Hub, _ []string) error {
		wait, err := keys.ParseSpan(lead)
		if err != nil {
			return asField(err, "lead")
		}
		made, err := h.Serving.Rotate(ctx, wait)
		if err != nil {
			return err
		}
		return a.show(made, say("Made the signing key %s (%s): it signs from %s", made.ID, made.Algorithm, utc(made.ActiveFrom)))
	})
	return cmd
}
