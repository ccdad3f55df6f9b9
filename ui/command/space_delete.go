package command

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"ferry/model"
	"ferry/model/hub"
	"ferry/model/spaces"
)

func (a *app) spaceDelete() *cobra.Command {
	var everything bool
	cmd := &cobra.Command{
		Use: "delete SPACE --confirm SPACE", Short: "Delete a space, irreversibly", Args: takes("SPACE"),
		Long: "Delete a space. This is irreversible, so it needs the space's name once more: typed on a terminal,\n" +
			"else with --confirm. A space that holds something is deleted with --everything only. From then on\n" +
			"nobody can enter it; a deletion that was cut off goes on when the same is asked for again.",
		Example: "  ferry space delete old --confirm old\n  ferry space delete old --everything --confirm old", ValidArgsFunction: a.spaceNames,
	}
	cmd.Flags().BoolVar(&everything, "everything", false, "with the clients, API users, keys and transfers in it")
	cmd.RunE = a.onSpace(func(ctx context.Context, h *hub.Hub, sp model.Space, _ []string) error {
		warning, err := deletionWarning(ctx, h, sp, everything)
		if err != nil {
			return err
		}
		line := a.progress(h.Now)
		err = a.confirmed(ctx, sp.Name, warning, func(confirm string) error {
			return h.Spaces.Delete(ctx, sp.ID, spaces.Deletion{Everything: everything, Progress: line.left}, confirm)
		})
		line.end()
		if err != nil {
			return goesOn(ctx, h, sp, err)
		}
		return a.show(deletedView{ID: sp.ID, Name: sp.Name, Deleted: true}, say("Deleted the space %s", sp.Name))
	})
	return cmd
}

// deletionWarning is what a person is told before the name is asked for.
func deletionWarning(ctx context.Context, h *hub.Hub, sp model.Space, everything bool) (string, error) {
	warning := "Deleting the space " + sp.Name + " is irreversible."
	if !everything {
		return warning, nil
	}
	held, err := h.Spaces.Contents(ctx, sp.ID)
	if err != nil || held.Empty() {
		return warning, err
	}
	return fmt.Sprintf("%s It takes with it %s, %s, %s and %s.", warning, count(held.Clients, "API client"),
		count(held.Users, "API user"), count(held.Keys, "API key"), count(held.Transfers, "transfer")), nil
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// goesOn adds to the error of a deletion that has begun how to finish it.
func goesOn(ctx context.Context, h *hub.Hub, sp model.Space, err error) error {
	now, lookErr := h.Spaces.Get(context.WithoutCancel(ctx), sp.ID)
	if lookErr != nil || !now.Deleting {
		return err
	}
	e := *model.AsError(err)
	if ctx.Err() != nil {
		e = *model.Errorf(model.EInterrupted, "interrupted while the space %s was being deleted", sp.Name).WithCause(err)
	}
	if e.Next == "" || e.Code == model.EInterrupted {
		e.Next = fmt.Sprintf("go on with: ferry space delete %s --everything --confirm %s", sp.Name, sp.Name)
	}
	return &e
}

// progressLine says on stderr how much is left of a long job: on a terminal in one line
// that changes, else now and then on a line of its own, and nothing for a script that
// reads JSON there.
type progressLine struct {
	a     *app
	now   model.Clock
	said  time.Time
	shown int // columns that the line takes at present
	text  string
}

// progressEvery is how often a progress line changes at most.
const progressEvery = 200 * time.Millisecond

func (a *app) progress(now model.Clock) *progressLine { return &progressLine{a: a, now: now} }

func (p *progressLine) left(n int) {
	every := progressEvery
	if !p.a.env.Terminals.Err {
		every *= 10
	}
	at := p.now()
	if n == 0 || p.a.json() || at.Sub(p.said) < every {
		return
	}
	p.said = at
	line := fmt.Sprintf("ferry: %d records left", n)
	if !p.a.env.Terminals.Err {
		fmt.Fprintln(p.a.errOut, line)
		return
	}
	fmt.Fprint(p.a.errOut, "\r"+line+strings.Repeat(" ", max(0, p.shown-len(line))))
	p.shown = len(line)
}

// end clears the line.
func (p *progressLine) end() {
	if p.shown > 0 {
		fmt.Fprint(p.a.errOut, "\r"+strings.Repeat(" ", p.shown)+"\r")
		p.shown, p.text = 0, ""
	}
}
