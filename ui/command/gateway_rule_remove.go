package command

import (
	"context"

	"github.com/spf13/cobra"

	"ferry/model/hub"
)

type removedRuleView struct {
	User    string `json:"user"`
	Client  string `json:"client"`
	Removed bool   `json:"removed"`
}

func (a *app) gatewayRuleRemove() *cobra.Command {
	return &cobra.Command{
		Use: "remove USER CLIENT", Short: "Remove a rule: the permission is for every method and path again",
		Args: takes("USER", "CLIENT"),
		Long: "Remove the rule for an API user and an API client. The permission call:CLIENT, where the user has it,\n" +
			"is then for every method and path again. To end what it may call, take that permission away:\n" +
			"ferry user update USER --remove-permit call:CLIENT.",
		ValidArgsFunction: a.userAndClient(),
		RunE: a.withHub(func(ctx context.Context, h *hub.Hub, args []string) error {
			r, err := h.Gateway.Get(ctx, h.Space, args[0], args[1])
			if err != nil {
				return err
			}
			err = a.confirmed(ctx, r.Client, "", func(confirm string) error {
				return h.Gateway.Remove(ctx, h.Space, r.User, r.Client, confirm)
			})
			if err != nil {
				return err
			}
			return a.show(removedRuleView{r.User, r.Client, true}, say("Removed the rule of %s for %s", r.User, r.Client))
		}),
	}
}
