// Package moving is what the screens of transfers share: the words and signs for what a
// transfer is doing, and what can be done to one, with the questions that come before.
//
// It imports model, the screen contract and widgets. Every rule is the use-case's; this
// package asks what a use-case will ask for, and shows what it answers.
package moving

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/model/transfers"
	"ferry/ui/screen"
	"ferry/ui/screens/flow"
	"ferry/ui/widget"
)

// Actions does things to transfers on behalf of one screen.
type Actions struct{ *flow.Flow }

// New returns the actions of the screen self.
func New(env screen.Env, self screen.ID) *Actions { return &Actions{flow.New(env, self)} }

func warn(text string) tea.Cmd { return screen.Send(screen.Notice{Level: screen.Warning, Text: text}) }

// pause pauses what runs, and goes on with what does not.
func (a *Actions) pause(s *transfers.Status) tea.Cmd {
	if a.Busy() {
		return a.Refuse()
	}
	h, t, title, phase := a.Env.Hub, s.Transfer, s.Title(), s.Phase
	pausing := func(done string) tea.Cmd {
		return a.Start(func(ctx context.Context) (flow.Outcome, error) {
			// It may have ended since it was shown; the next key is then meant for what it is now.
			if now, err := h.Transfers.Find(ctx, h.Space, string(t.ID)); err != nil || now.Phase != phase {
				return flow.Outcome{Done: true, Text: "it is " + Word(now.Phase) + " by now"}, err
			}
			return flow.Outcome{Done: true, Text: done}, h.Transfers.Pause(ctx, h.Space, t.ID)
		})
	}
	switch {
	case t.Kind == model.KindSync && t.Sync.Paused:
		return a.Start(func(ctx context.Context) (flow.Outcome, error) {
			return flow.Outcome{Done: true, Text: title + " runs again when it is due"}, h.Transfers.Resume(ctx, h.Space, t.ID)
		})
	case t.Kind == model.KindSync:
		return pausing(title + " is paused: it does not run until p")
	case s.Phase == model.PhaseRunning:
		return pausing("pausing " + title + ": what is in flight ends first")
	case s.Phase.Ended():
		return warn("it is " + Word(s.Phase) + ": there is nothing to go on with; n begins a new one")
	}
	return a.goOn(s, "")
}

// goOn continues an export or an import in this console, after asking for the name of a
// protected target.
func (a *Actions) goOn(s *transfers.Status, confirm string) tea.Cmd {
	h, run, one := a.Env.Hub, a.Env.Runner, *s
	if run == nil {
		return warn("transfers do not run in this console: ferry transfer resume goes on")
	}
	return a.Start(func(ctx context.Context) (flow.Outcome, error) {
		_, err := run.Continue(ctx, h, one.Transfer.ID, transfers.Options{Confirm: confirm})
		return a.asked(err, confirm, one.TargetName, "It goes on sending records to "+one.TargetName+", which is protected.", "go on", func(name string) tea.Cmd {
			return a.goOn(&one, name)
		}, flow.Outcome{Done: true, Text: one.Title() + " goes on, beside the screens"})
	})
}

// asked returns out, or the question for the name that an error says is needed.
func (a *Actions) asked(err error, confirm, name, why, action string, then func(name string) tea.Cmd, out flow.Outcome) (flow.Outcome, error) {
	if model.CodeOf(err) != model.EProtected || confirm != "" || name == "" {
		return out, err
	}
	return flow.Outcome{Next: func() tea.Cmd {
		return a.TypeName(widget.TypedNameOptions{Title: name + " is protected", Body: []string{why}, Name: name, Action: action}, then)
	}}, nil
}

// abort asks, and then ends an export or an import for good.
func (a *Actions) abort(s *transfers.Status) tea.Cmd {
	switch {
	case a.Busy():
		return a.Refuse()
	case s.Transfer.Kind == model.KindSync:
		return warn("a sync is not cancelled: p pauses it, D deletes it")
	case s.Phase.Ended():
		return warn("it is " + Word(s.Phase) + " already")
	}
	h, id, title := a.Env.Hub, s.Transfer.ID, s.Title()
	body := "The unfinished file is removed; a file that was there before stays as it is."
	if s.Transfer.Kind == model.KindImport {
		body = "Nothing more is sent. What was sent stays at " + orSomewhere(s.TargetName) + "."
	}
	return a.Open(widget.NewConfirm(a.Env.Styles, widget.ConfirmOptions{
		Title: "Cancel for good?", Body: []string{title, "", body, "p pauses instead, and can go on later."}, Yes: "Cancel it", No: "Leave it", Danger: true,
	}), func(any) tea.Cmd {
		return a.Start(func(ctx context.Context) (flow.Outcome, error) {
			return flow.Outcome{Done: true, Text: "cancelled " + title}, h.Transfers.Cancel(ctx, h.Space, id)
		})
	})
}

func orSomewhere(name string) string {
	if name == "" {
		return "the target"
	}
	return name
}

// run runs a sync now: by the server of this store if there is one, else in this console.
func (a *Actions) run(s *transfers.Status) tea.Cmd {
	switch {
	case a.Busy():
		return a.Refuse()
	case s.Transfer.Kind != model.KindSync:
		return warn("only a sync is run again; n begins a new " + string(s.Transfer.Kind))
	}
	h, run, id, title := a.Env.Hub, a.Env.Runner, s.Transfer.ID, s.Title()
	return a.Start(func(ctx context.Context) (flow.Outcome, error) {
		if h.Server != nil {
			if _, err := h.Server.Status(ctx); err == nil {
				return flow.Outcome{Done: true, Text: "asked the server to run " + title + " now"}, h.Transfers.Trigger(ctx, h.Space, id, model.TriggerPerson)
			}
		}
		if run == nil {
			return flow.Outcome{}, model.Errorf(model.EUnreachable, "no server runs on this store, and syncs do not run in this console")
		}
		_, err := run.RunSync(ctx, h, id)
		return flow.Outcome{Done: true, Text: title + " runs in this console, as no server does"}, err
	})
}

// delete asks, and then removes a transfer with its history. Files stay where they are.
func (a *Actions) delete(s *transfers.Status) tea.Cmd {
	switch {
	case a.Busy():
		return a.Refuse()
	case s.Phase == model.PhaseRunning:
		return warn("it runs: " + map[bool]string{true: "pause it first (p)", false: "cancel it first (c)"}[s.Transfer.Kind == model.KindSync])
	}
	t, title := s.Transfer, s.Title()
	if t.Kind == model.KindSync {
		return a.TypeName(widget.TypedNameOptions{
			Title: "Delete " + title + ": irreversible", Name: t.Name, Action: "delete for ever",
			Body: []string{"The sync goes for good, with its history and its memory of what was synced. Records on both sides stay as they are."},
		}, func(confirm string) tea.Cmd { return a.remove([]transfers.Status{*s}, confirm) })
	}
	body := []string{title, "", "It goes from this list with its errors and its history. A whole file stays where it is."}
	if !s.Phase.Ended() {
		body[2] = "It goes from this list and cannot be gone on with. An unfinished file of it is removed."
	}
	one := *s
	return a.Open(widget.NewConfirm(a.Env.Styles, widget.ConfirmOptions{Title: "Delete this " + string(t.Kind) + "?", Body: body, Yes: "Delete", Danger: true}),
		func(any) tea.Cmd { return a.remove([]transfers.Status{one}, "") })
}

// DeleteAll asks once, and then removes exports and imports that have ended.
func (a *Actions) DeleteAll(list []transfers.Status) tea.Cmd {
	if a.Busy() {
		return a.Refuse()
	}
	for i := range list {
		switch s := &list[i]; {
		case s.Transfer.Kind == model.KindSync:
			return warn(s.Title() + " is a sync: delete it by itself, without the others marked")
		case s.Phase == model.PhaseRunning:
			return warn(s.Title() + " runs: cancel it first, or take its mark off")
		}
	}
	return a.Open(widget.NewConfirm(a.Env.Styles, widget.ConfirmOptions{
		Title: "Delete " + flow.Counted(len(list), "transfer") + "?", Yes: "Delete", Danger: true,
		Body: []string{"They go from this list with their errors and their history, and cannot be gone on with. Whole files stay where they are."},
	}), func(any) tea.Cmd { return a.remove(list, "") })
}

func (a *Actions) remove(list []transfers.Status, confirm string) tea.Cmd {
	h := a.Env.Hub
	return a.Start(func(ctx context.Context) (flow.Outcome, error) {
		for i := range list {
			t := &list[i].Transfer
			if err := h.Transfers.Delete(ctx, h.Space, t.ID, 0, confirm); err != nil && (len(list) == 1 || model.CodeOf(err) != model.ENotFound) {
				return flow.Outcome{}, err
			}
		}
		what := list[0].Title()
		if len(list) > 1 {
			what = flow.Counted(len(list), "transfer")
		}
		return flow.Outcome{Done: true, Gone: true, Text: "Deleted " + what}, nil
	})
}
