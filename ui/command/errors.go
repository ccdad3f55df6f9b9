package command

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"ferry/model"
)

// errorLine is an error as one line for a person, with the next step.
func errorLine(e *model.Error) string {
	line := "ferry: " + model.Printable(e.Message)
	if e.Next != "" {
		line += "; " + model.Printable(e.Next)
	}
	return line
}

type errorView struct {
	Code    model.Code         `json:"code"`
	Message string             `json:"message"`
	Field   string             `json:"field"`
	Next    string             `json:"next"`
	Fields  []model.FieldError `json:"fields,omitempty"` // when more than one is at fault
}

// errorDocument is an error for a script.
func errorDocument(e *model.Error) any {
	v := errorView{Code: e.Code, Message: e.Message, Field: e.Field, Next: e.Next}
	if len(e.Fields) > 1 {
		v.Fields = e.Fields
	}
	return map[string]errorView{"error": v}
}

func usagef(cmd *cobra.Command, format string, args ...any) *model.Error {
	return model.Errorf(model.EUsage, format, args...).WithNext("see: %s --help", cmd.CommandPath())
}

// flagError explains what the flag parser did not like.
func flagError(cmd *cobra.Command, err error) error {
	if strings.Contains(err.Error(), "'o'") && strings.HasPrefix(err.Error(), "unknown shorthand") {
		return model.Errorf(model.EUsage, "-o names a file, and %s writes none", cmd.CommandPath()).
			WithField("output").WithNext("for the form of the output write --output json")
	}
	text := err.Error()
	// Not the parser's own insides: `… flag: strconv.ParseInt: parsing "x": invalid syntax`.
	if head, inside, ok := strings.Cut(text, " flag: strconv."); ok {
		text = head + " flag: " + inside[strings.LastIndex(inside, ": ")+2:]
	}
	return usagef(cmd, "%s", model.Printable(text))
}

// unknownCommand takes the first line of the parser's message, which names the
// command, and the name it suggests if it does.
func unknownCommand(err error) error {
	head, rest, _ := strings.Cut(err.Error(), "\n")
	e := model.Errorf(model.EUsage, "%s", model.Printable(head)).WithNext("see: ferry --help")
	if _, names, ok := strings.Cut(rest, "Did you mean this?"); ok {
		e.Next = "did you mean " + strings.Join(strings.Fields(names), " or ") + "?"
	}
	return e
}

// takes is the rule for positional arguments: their names, optional ones in brackets.
func takes(names ...string) cobra.PositionalArgs {
	least := 0
	for _, n := range names {
		if !strings.HasPrefix(n, "[") {
			least++
		}
	}
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) < least:
			return usagef(cmd, "%s needs %s", cmd.CommandPath(), missing(names, len(args)))
		case len(args) > len(names):
			return usagef(cmd, "%s takes no argument %q", cmd.CommandPath(), model.Printable(args[len(names)]))
		}
		return nil
	}
}

func missing(names []string, have int) string {
	for _, n := range names {
		if strings.HasPrefix(n, "[") {
			continue
		}
		if have == 0 {
			return n
		}
		have--
	}
	return fmt.Sprint(names)
}

// group is a command that only has others below it.
func group(use, short string, subs ...*cobra.Command) *cobra.Command {
	cmd := &cobra.Command{
		Use: use, Short: short,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usagef(cmd, "unknown command %q for %q", model.Printable(args[0]), cmd.CommandPath()).
					WithNext("%s", suggestion(cmd, args[0]))
			}
			return usagef(cmd, "%s needs a command", cmd.CommandPath())
		},
	}
	cmd.AddCommand(subs...)
	return cmd
}

func suggestion(cmd *cobra.Command, typed string) string {
	cmd.SuggestionsMinimumDistance = 2
	if near := cmd.SuggestionsFor(typed); len(near) > 0 {
		return "did you mean " + strings.Join(near, " or ") + "?"
	}
	return "see: " + cmd.CommandPath() + " --help"
}
