package command

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"
)

func (a *app) sandboxCommand() *cobra.Command {
	var listen string
	cmd := &cobra.Command{
		Use: "sandbox", Short: "Run small REST and OData systems on loopback, to try ferry on", Args: takes(),
		Long: "Run an HR system, an analytics API and an ERP on one loopback port, with their token endpoints,\n" +
			"until interrupted: 0 after SIGTERM, 130 after ctrl-c. With --output json the first line on\n" +
			"stdout is one JSON object with \"url\" and \"clients\".",
	}
	cmd.Flags().StringVar(&listen, "listen", "127.0.0.1:0", "the loopback `ADDRESS`; port 0 is any free one")
	// No wrapper of run: here a signal is how to stop, not an interruption.
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		ctx, stop := signalled(cmd.Context())
		defer stop()
		s, err := a.env.Sandbox(ctx, listen)
		if err != nil {
			return err
		}
		defer func() { _ = s.Close() }()
		if err := a.announce(&s); err != nil {
			return err
		}
		<-ctx.Done()
		return howStopped(ctx)
	}
	return cmd
}

func (a *app) announce(s *Sandbox) error {
	err := a.show(map[string]any{"url": s.URL, "clients": s.Clients}, func(w io.Writer) {
		fmt.Fprintf(w, "The sandbox listens on %s until ctrl-c. Lines to paste:\n\n", s.URL)
		for _, line := range s.Lines {
			fmt.Fprintln(w, line)
		}
	})
	if err != nil {
		return err
	}
	return a.out.err
}
