package command

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"ferry/model"
	"ferry/model/hub"
	"ferry/model/keys"
)

func (a *app) keyRotate() *cobra.Command {
	var label, expires, save, overlap string
	cmd := &cobra.Command{
		Use: "rotate KEY", Short: "Generate a new API key in place of one that stays valid for a while", Args: takes("KEY"),
		Long: "Generate a new API key in place of KEY (its id, or a label that only one key has), which stays valid\n" +
			"for the overlap. " + keyOutput,
		Example:           "  ferry key rotate production --overlap 7d --save partner.key\n  ferry key rotate 01m… --overlap 0 --expires 90d",
		ValidArgsFunction: a.keyNames,
	}
	addKeyFlags(cmd, &label, &expires, &save)
	cmd.Flags().StringVar(&overlap, "overlap", "24h", "how long the old key stays valid: a `SPAN` (24h, 7d), 0 to end it at once")
	complete(cmd, "overlap", "0", "1h", "24h", "7d")
	cmd.RunE = a.onKey(func(ctx context.Context, h *hub.Hub, k *keys.Summary, _ []string) error {
		r, err := keyRequest(label, expires, h.Now())
		if err != nil {
			return err
		}
		stay, err := keys.ParseSpan(overlap)
		if err != nil {
			return asField(err, "overlap")
		}
		var old model.APIKey
		out := issue{a: a, h: h, save: save}
		out.after = func(issued *keys.Issued) ([]string, any) {
			view := oldView(h, k, old)
			return append(issuedNotes(issued, save, h.Now()), oldNote(h, &old)), out.document(issued, &view)
		}
		rotation := keys.Rotation{Overlap: stay, Expires: r.Expires, Label: r.Label}
		return out.run(ctx, k.Username, func(confirm string) (issued keys.Issued, err error) {
			issued, old, err = h.Keys.Rotate(ctx, h.Space, k.Key.ID, rotation, confirm)
			return issued, err
		})
	})
	return cmd
}

func oldView(h *hub.Hub, k *keys.Summary, old model.APIKey) keys.View {
	now := *k
	now.Key, now.State = old, old.State(h.Now())
	return keys.ViewOf(h.Space, now)
}

func oldNote(h *hub.Hub, old *model.APIKey) string {
	switch {
	case old.State(h.Now()) != model.KeyActive:
		return fmt.Sprintf("the old key %s is refused from now on", old.ID)
	case old.Expires.IsZero():
		return fmt.Sprintf("the old key %s stays valid", old.ID)
	}
	return fmt.Sprintf("the old key %s stays valid until %s", old.ID, until(old.Expires, h.Now()))
}
