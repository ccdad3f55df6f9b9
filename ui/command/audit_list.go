package command

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"ferry/model"
	"ferry/model/audit"
	"ferry/model/hub"
)

func (a *app) auditList() *cobra.Command {
	var before string
	var limit int
	var all bool
	cmd := &cobra.Command{
		Use: "list", Short: "List the newest entries of the audit log", Args: takes(),
		Example: "  ferry audit list --limit 20\n  ferry audit list --all-spaces --output json\n  ferry audit list --before 01m…  # the \"next\" of the list before",
	}
	cmd.Flags().IntVar(&limit, "limit", 100, "at most `N` entries, 1 to 1000")
	cmd.Flags().StringVar(&before, "before", "", "only entries older than the one with this `ID`")
	cmd.Flags().BoolVar(&all, "all-spaces", false, "of every space, those that are gone included, and not of this one only")
	list := func(ctx context.Context, h *hub.Hub, _ []string) error {
		if limit < 1 || limit > audit.MaxPage {
			return usagef(cmd, "--limit is between 1 and %d", audit.MaxPage).WithField("limit")
		}
		space := h.Space
		if all {
			space = model.Space{}
		}
		entries, next, err := h.Audit.List(ctx, space, model.ID(before), limit)
		if err != nil {
			return err
		}
		views := make([]audit.View, len(entries))
		for i, e := range entries {
			views[i] = audit.ViewOf(e)
		}
		return a.show(listOf(views, string(next)), func(w io.Writer) { printAudit(w, entries, next, all) })
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if all {
			return a.withStore(list)(cmd, args)
		}
		return a.withHub(list)(cmd, args)
	}
	return cmd
}

func printAudit(w io.Writer, entries []model.AuditEntry, next model.ID, all bool) {
	rows := [][]string{{"AT", "BY", "ACTION", "SPACE", "TARGET", "WHAT"}}
	for _, e := range entries {
		what := make([]string, len(e.Changes))
		for i, c := range e.Changes {
			what[i] = c.Field
			if c.To != "" {
				what[i] += "=" + c.To
			}
		}
		rows = append(rows, []string{utc(e.At), e.Actor.Label(), e.Action, e.Space, e.Name, strings.Join(what, " ")})
	}
	table(w, rows)
	if next == "" {
		return
	}
	more := "ferry audit list --before " + string(next)
	if all {
		more += " --all-spaces"
	}
	fmt.Fprintln(w, "older ones: "+more)
}
