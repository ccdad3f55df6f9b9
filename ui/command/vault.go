package command

import "github.com/spf13/cobra"

func (a *app) vaultCommand() *cobra.Command {
	return group("vault", "The vault, which seals the store", a.vaultInit(), a.vaultStatus())
}
