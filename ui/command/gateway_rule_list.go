package command

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"ferry/model/gateway"
	"ferry/model/hub"
)

func (a *app) gatewayRuleList() *cobra.Command {
	var user, client string
	cmd := &cobra.Command{
		Use: "list", Short: "List the rules of the gateway", Args: takes(),
		Example: "  ferry gateway rule list\n  ferry gateway rule list --client erp --output json",
	}
	cmd.Flags().StringVar(&user, "user", "", "only those for this API user, by `NAME`")
	cmd.Flags().StringVar(&client, "client", "", "only those for this API client, by `NAME`")
	a.value(cmd, "user", a.settings, nil, listUserNames)
	a.value(cmd, "client", a.settings, nil, listClientNames)
	cmd.RunE = a.withHub(func(ctx context.Context, h *hub.Hub, _ []string) error {
		rules, err := h.Gateway.List(ctx, h.Space, user, client)
		if err != nil {
			return err
		}
		return a.show(listOf(rules, ""), func(w io.Writer) { listRules(w, rules) })
	})
	return cmd
}

func listRules(w io.Writer, rules []gateway.RuleView) {
	rows := [][]string{{"USER", "CLIENT", "METHODS", "PATHS", "LIMITS", "BODY"}}
	for i := range rules {
		r := &rules[i]
		rows = append(rows, []string{r.User, r.Client, ruleMethods(r), rulePaths(r), dash(ruleLimits(r)), ruleBody(r)})
	}
	table(w, rows)
}
