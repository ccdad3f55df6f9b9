package command

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"ferry/model"
)

// globals are the flags that every command takes.
type globals struct {
	store, space, output  string
	identity, logFile     string
	confirm               string
	passphraseFD          int
	yes, noColor, verbose bool
	restricted            bool
	sandbox               bool // of the bare command only
}

// mirrored maps environment variables to the flags they stand for. There is none for
// --confirm: a confirmation is given each time, not left lying about.
var mirrored = []struct{ variable, flag string }{
	{"FERRY_STORE", "store"},
	{"FERRY_SPACE", "space"},
	{"FERRY_OUTPUT", "output"},
	{"FERRY_IDENTITY", "identity"},
	{"FERRY_PASSPHRASE_FD", "passphrase-fd"},
	{"FERRY_LOG_FILE", "log-file"},
	{"FERRY_YES", "yes"},
	{"FERRY_NO_COLOR", "no-color"},
	{"FERRY_VERBOSE", "verbose"},
	{"FERRY_RESTRICTED", "restricted"},
}

func (a *app) addGlobals(f *pflag.FlagSet) {
	g := &a.g
	f.StringVar(&g.store, "store", "", "the store `FILE` (default $XDG_DATA_HOME/ferry/ferry.db)")
	f.StringVar(&g.space, "space", "", "the space `NAME` (default \"default\")")
	f.VarP(choice{&g.output, []string{"text", "json"}}, "output", "", "the form of the output")
	f.StringVar(&g.identity, "identity", "", "open the vault with this identity `FILE`")
	f.IntVar(&g.passphraseFD, "passphrase-fd", -1, "read the vault's passphrase from file descriptor `N`")
	f.StringVar(&g.confirm, "confirm", "", "the record's `NAME`: for deleting, and for a protected record")
	f.BoolVar(&g.yes, "yes", false, "answer ordinary questions with yes")
	f.BoolVar(&g.noColor, "no-color", false, "no colours in the console")
	f.StringVar(&g.logFile, "log-file", "", "append the log to `FILE`")
	f.BoolVarP(&g.verbose, "verbose", "v", false, "log more")
	f.BoolVar(&g.restricted, "restricted", false, "no shell, no editor, no file outside one directory; for ForceCommand")
	g.output = "text"
	f.Lookup("passphrase-fd").DefValue = "0" // so that help shows no default
}

// fromEnvironment sets the flags whose variable is set. Flags of the command line
// come later and win.
func (a *app) fromEnvironment(f *pflag.FlagSet) error {
	if v, ok := a.env.LookupEnv("NO_COLOR"); ok && v != "" {
		a.g.noColor = true
	}
	for _, m := range mirrored {
		v, ok := a.env.LookupEnv(m.variable)
		if !ok || v == "" {
			continue
		}
		if err := f.Lookup(m.flag).Value.Set(v); err != nil {
			return model.Errorf(model.EUsage, "%s=%s cannot be", m.variable, model.Printable(v)).
				WithField(strings.ReplaceAll(m.flag, "-", "_")).WithNext("see --%s in: ferry --help", m.flag)
		}
	}
	return nil
}

func (a *app) settings() Settings {
	return Settings{
		Store: a.storePath(), Space: a.g.space, Identity: a.g.identity,
		PassphraseFD: a.g.passphraseFD, Restricted: a.g.restricted, Files: a.files().dir,
	}
}

func (a *app) json() bool { return a.g.output == "json" }

// wantsJSON is json for an error that may have come before the flags were parsed.
func (a *app) wantsJSON() bool {
	if a.json() {
		return true
	}
	for i, arg := range a.env.Args {
		if arg == "--" {
			break
		}
		if arg == "--output=json" || arg == "--output" && i+1 < len(a.env.Args) && a.env.Args[i+1] == "json" {
			return true
		}
	}
	return false
}

// choice is a flag that takes one of a few words.
type choice struct {
	to    *string
	words []string
}

func (c choice) String() string { return *c.to }
func (c choice) Type() string   { return strings.Join(c.words, "|") }

func (c choice) Set(v string) error {
	for _, w := range c.words {
		if v == w {
			*c.to = v
			return nil
		}
	}
	return model.Errorf(model.EUsage, "it is one of %s", strings.Join(c.words, ", "))
}

// complete offers the words of choices to the shell.
func complete(cmd *cobra.Command, flag string, words ...string) {
	// It fails only for a flag that does not exist, which the tests would see.
	_ = cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp))
}
