package command

import (
	"context"

	"github.com/spf13/cobra"

	"ferry/model"
	"ferry/model/hub"
	"ferry/model/keys"
)

func (a *app) keyRevoke() *cobra.Command {
	return &cobra.Command{
		Use: "revoke KEY", Short: "End an API key at once, for ever", Args: takes("KEY"),
		Long: "End an API key (its id, or a label that only one key has) at once and for ever. Access tokens that\n" +
			"were issued for it are refused too.",
		ValidArgsFunction: a.keyNames,
		RunE: a.onKey(func(ctx context.Context, h *hub.Hub, k *keys.Summary, _ []string) error {
			if k.State != model.KeyRevoked {
				ok, err := a.agreed(ctx, "Whoever uses "+model.Printable(keyName(k))+" is refused at once. Revoke it?")
				if err != nil {
					return err
				}
				if !ok {
					return model.Errorf(model.EConfirm, "the key was left as it is").WithNext("to revoke it unasked, add --yes")
				}
			}
			now := *k
			err := a.confirmed(ctx, k.Username, "", func(confirm string) (err error) {
				now.Key, err = h.Keys.Revoke(ctx, h.Space, k.Key.ID, 0, confirm)
				return err
			})
			if err != nil {
				return err
			}
			done := "Revoked"
			if now.State = now.Key.State(h.Now()); k.State == model.KeyRevoked {
				done = "Nothing changed in"
			}
			return a.keyDone(h, &now, done)
		}),
	}
}
