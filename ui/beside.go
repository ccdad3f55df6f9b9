package ui

import (
	"fmt"
	"time"

	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/model/transfers"
	"ferry/ui/runner"
	"ferry/ui/screen"
	"ferry/ui/screens/flow"
	"ferry/ui/screens/moving"
	"ferry/ui/widget"
)

// runnerNews is what changed of the transfers that run in this console.
type runnerNews struct{ runner.News }

// follow waits for news of what runs in this console.
func (r *root) follow() tea.Cmd {
	ctx, run := r.ctx, r.runner
	return r.wrap(r.id, func() tea.Msg {
		if news, ok := run.Next(ctx); ok {
			return runnerNews{news}
		}
		return nil
	})
}

// told takes in how far the runs are, and says which have ended.
func (r *root) told(news runner.News) tea.Cmd {
	r.running = news.Running
	cmds := []tea.Cmd{r.follow()}
	for _, e := range news.Ended {
		cmds = append(cmds, r.notify(endNotice(e)))
	}
	return tea.Batch(cmds...)
}

// endNotice says how a run came to its end.
func endNotice(e runner.Ended) screen.Notice {
	title, p := e.Status.Title(), &e.Status.State.Progress
	switch {
	case e.Err == nil && moving.Faults(p) > 0:
		return screen.Notice{Level: screen.Warning, Text: title + ": done, " + moving.Records(p.Records) + "; with " + moving.Number(moving.Faults(p)) + " of them something went wrong"}
	case e.Err == nil:
		return screen.Notice{Level: screen.Success, Text: title + ": done, " + moving.Records(p.Records)}
	case e.Status.Phase == model.PhaseCancelled:
		return screen.Notice{Text: title + " is cancelled"}
	case e.Status.Phase == model.PhasePaused && model.CodeOf(e.Err) != model.ENoSpace:
		return screen.Notice{Text: title + " is paused; p goes on with it"}
	}
	failed := screen.Failed(e.Err)
	failed.Text = title + ": " + failed.Text
	return failed
}

// progressBar is the terminal's own bar, for terminals that have one: how far all that runs
// here is, taken together; nil when nothing does.
func (r *root) progressBar() *tea.ProgressBar {
	if len(r.running) == 0 {
		return nil
	}
	sum, held := 0.0, false
	for i := range r.running {
		share, known := moving.Share(&r.running[i])
		if !known {
			return tea.NewProgressBar(tea.ProgressBarIndeterminate, 0)
		}
		sum += share
		held = held || r.running[i].State.Progress.Waiting != ""
	}
	state := tea.ProgressBarDefault
	if held {
		state = tea.ProgressBarWarning
	}
	return tea.NewProgressBar(state, int(100*sum)/len(r.running))
}

// afterAskingToPause runs then at once when nothing runs here, else after the person
// agreed that it pauses.
func (r *root) afterAskingToPause(then tea.Cmd) tea.Cmd {
	n := len(r.running)
	if n == 0 {
		return then
	}
	body := []string{}
	for i := range r.running {
		body = append(body, "  • "+model.Printable(r.running[i].Title()))
	}
	body = append(body, "", "What was done stays; p goes on later, in any console.")
	return r.ask(widget.NewConfirm(r.styles, widget.ConfirmOptions{
		Title: "Pause " + flow.Counted(n, "transfer") + " and quit?", Body: body, Yes: "Pause and quit", No: "Stay",
	}), func(result any) tea.Cmd {
		if leave, _ := result.(bool); leave {
			return then
		}
		return nil
	})
}

// pauses says what leaving does to what runs here.
func (r *root) pauses() string {
	if n := len(r.running); n > 0 {
		return "; " + flow.Counted(n, "transfer") + " running here then pauses"
	}
	return ""
}

// pauseLimit is how long leaving waits for what is in flight.
const pauseLimit = 5 * time.Second

// pauseRuns pauses what runs here once the screen is gone, and says how to go on with it.
func (r *root) pauseRuns() {
	if len(r.running) > 0 {
		_, _ = fmt.Fprintf(r.o.Output, "pausing %s …\n", flow.Counted(len(r.running), "transfer"))
	}
	for _, s := range r.runner.Close(pauseLimit) {
		_, _ = fmt.Fprintf(r.o.Output, "%s; go on with: ferry transfer resume %s\n", left(&s), s.Transfer.ID)
	}
}

func left(s *transfers.Status) string {
	if s.Phase == model.PhasePaused {
		return model.Printable(s.Title()) + " is paused"
	}
	return model.Printable(s.Title()) + " was cut off, and is kept up to its last checkpoint"
}
