package command

import (
	"github.com/spf13/cobra"
)

func (a *app) gatewayCommand() *cobra.Command {
	return group(
		"gateway", "The gateway of the hub: what API users may call through it",
		a.gatewayRule(), a.gatewayTry(),
	)
}

func (a *app) gatewayRule() *cobra.Command {
	return group(
		"rule", "Rules that narrow what an API user may do with an API client",
		a.gatewayRuleSet(), a.gatewayRuleList(), a.gatewayRuleRemove(),
	)
}

// gatewayMethods are the methods that are offered to the shell; others are taken too.
var gatewayMethods = []string{"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"}

// argument is what completes one positional argument: fixed words, and what list finds in
// the store.
type argument struct {
	fixed []string
	list  lister
}

// inOrder completes positional arguments one by one.
func (a *app) inOrder(order ...argument) completer {
	return func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		if len(args) >= len(order) {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		at := order[len(args)]
		out := append([]string(nil), at.fixed...)
		if at.list != nil {
			out = append(out, a.quietly(cmd.Context(), a.settings(), at.list)...)
		}
		return out, cobra.ShellCompDirectiveNoFileComp
	}
}

// userAndClient completes USER CLIENT.
func (a *app) userAndClient() completer {
	return a.inOrder(argument{list: listUserNames}, argument{list: listClientNames})
}
