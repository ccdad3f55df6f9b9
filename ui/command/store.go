package command

import "github.com/spf13/cobra"

func (a *app) storeCommand() *cobra.Command {
	return group("store", "The store as a whole", a.storeInfo(), a.storeCheck())
}
