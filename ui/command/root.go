package command

import (
	"log/slog"

	"github.com/spf13/cobra"

	"ferry/model"
)

// root builds the command tree. What the bare command does is the console.
func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "ferry",
		Short: "A data-hub console for the terminal",
		Long: "ferry connects a data hub to the REST APIs around it: it keeps API clients in a sealed store,\n" +
			"fetches and renews their access tokens, makes test calls, and moves records: exports, imports and\n" +
			"syncs. It lets other systems in, too: as API users with API keys, at its own token endpoint and API.\n\n" +
			"Without a command it opens the console.",
		Args:              cobra.ArbitraryArgs,
		SilenceErrors:     true,
		SilenceUsage:      true,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error { return a.prepare(cmd) },
		RunE:              a.console,
	}
	root.CompletionOptions.DisableDefaultCmd = true
	root.SetFlagErrorFunc(flagError)
	a.addGlobals(root.PersistentFlags())
	root.Flags().BoolVar(&a.g.sandbox, "sandbox", false, "open the console on a throw-away store, with the sandbox")
	root.AddCommand(
		a.clientCommand(), a.tokenCommand(), a.callCommand(), a.exportCommand(), a.importCommand(), a.syncCommand(), a.transferCommand(), a.spaceCommand(), a.userCommand(), a.keyCommand(),
		a.gatewayCommand(), a.serveCommand(), a.vaultCommand(), a.storeCommand(), a.auditCommand(), a.sandboxCommand(), a.versionCommand(), a.completionCommand(), a.manCommand(),
	)
	complete(root, "output", "text", "json")
	a.value(root, "space", a.storeWide, nil, listSpaceNames)
	return root
}

// prepare runs before every command.
func (a *app) prepare(cmd *cobra.Command) error {
	set := cmd.Flags().Changed
	if set("identity") && set("passphrase-fd") {
		return model.Errorf(model.EUsage, "--identity and --passphrase-fd cannot both open the vault").
			WithField("identity").WithNext("give one of them")
	}
	if err := a.openLog(); err != nil {
		return err
	}
	slog.Debug("command", "path", cmd.CommandPath(), "version", a.env.Version)
	return nil
}

// console opens the console, or says how to use ferry where there is no terminal.
func (a *app) console(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usagef(cmd, "unknown command %q", model.Printable(args[0])).WithNext("%s", suggestion(cmd, args[0]))
	}
	if !a.env.Terminals.In || !a.env.Terminals.Out {
		cmd.SetOut(a.errOut)
		_ = cmd.Usage()
		return quietError{model.ExitCode(model.Errorf(model.EUsage, "no terminal"))}
	}
	if a.g.restricted && a.g.sandbox {
		return refused("--sandbox")
	}
	return a.env.Console(cmd.Context(), ConsoleOptions{
		Settings: a.settings(), Sandbox: a.g.sandbox, NoColor: a.g.noColor,
	})
}
