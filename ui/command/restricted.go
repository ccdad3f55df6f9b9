package command

import (
	"errors"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"ferry/model"
)

// fixed are the flags that only the administrator gives, on the line of ForceCommand.
var fixed = []string{"store", "identity", "passphrase-fd", "log-file", "restricted"}

// arguments returns the arguments to run: those of the process, and under
// --restricted, where the process is a ForceCommand, what the person at the other end
// of SSH asked for behind them.
func (a *app) arguments() ([]string, error) {
	args := a.env.Args
	a.typed = args
	on, err := a.isRestricted(args)
	if err != nil || !on {
		return args, err
	}
	line, _ := a.env.LookupEnv("SSH_ORIGINAL_COMMAND")
	if strings.TrimSpace(line) == "" {
		return args, nil
	}
	words, err := splitWords(line)
	if err != nil {
		return nil, err
	}
	if len(words) > 0 && words[0] == "ferry" {
		words = words[1:]
	}
	if err := a.refuseFixed(words); err != nil {
		return nil, err
	}
	a.typed = words
	return append(append([]string{}, args...), words...), nil
}

// isRestricted looks for --restricted before anything else is parsed. It has to stand
// on the process's own line: behind it, a person could only restrict themselves.
func (a *app) isRestricted(args []string) (bool, error) {
	if v, _ := a.env.LookupEnv("FERRY_RESTRICTED"); v != "" {
		if on, err := strconv.ParseBool(v); err != nil {
			return false, model.Errorf(model.EUsage, "FERRY_RESTRICTED is true or false").WithField("restricted")
		} else if on {
			return true, nil
		}
	}
	for _, arg := range args {
		switch {
		case arg == "--":
			return false, nil
		case arg == "--restricted":
			return true, nil
		case strings.HasPrefix(arg, "--restricted="):
			probe := pflag.NewFlagSet("probe", pflag.ContinueOnError)
			on := probe.Bool("restricted", false, "")
			if err := probe.Parse([]string{arg}); err != nil {
				return false, model.Errorf(model.EUsage, "--restricted is true or false").WithField("restricted")
			}
			return *on, nil
		}
	}
	return false, nil
}

// refuseFixed parses words as the real parser will, so that no spelling of a fixed
// flag slips through, and refuses them without running anything.
func (a *app) refuseFixed(words []string) error {
	probe := &app{env: a.env, out: &watchedWriter{w: discard{}}, errOut: discard{}}
	root := probe.root()
	if len(words) > 0 && strings.HasPrefix(words[0], "__") {
		return refused(words[0]) // the shell's completion, which has its own flag parsing
	}
	cmd, rest, err := root.Find(words)
	if err != nil {
		return unknownCommand(err)
	}
	// The values that were set are those of the probe, which is thrown away.
	if err := cmd.ParseFlags(rest); err != nil {
		return flagErrorUnlessHelp(cmd, err)
	}
	for _, name := range fixed {
		if cmd.Flags().Changed(name) {
			return refused("--" + name)
		}
	}
	switch cmd.CommandPath() {
	case "ferry sandbox", "ferry serve", "ferry vault init":
		return refused(strings.TrimPrefix(cmd.CommandPath(), "ferry "))
	}
	return nil
}

func flagErrorUnlessHelp(cmd *cobra.Command, err error) error {
	if errors.Is(err, pflag.ErrHelp) {
		return nil
	}
	return flagError(cmd, err)
}

func refused(what string) error {
	return model.Errorf(model.EPermission, "%s is not allowed under --restricted", what).
		WithNext("ask whoever runs this host")
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }
