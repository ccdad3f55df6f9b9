package command

import "github.com/spf13/cobra"

func (a *app) auditCommand() *cobra.Command {
	return group("audit", "The audit log: who changed, revealed or generated what", a.auditList())
}
