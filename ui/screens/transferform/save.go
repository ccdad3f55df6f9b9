package transferform

import (
	"context"
	"strings"

	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/model/hub"
	"ferry/model/transfers"
	"ferry/ui/screen"
	"ferry/ui/widget"
)

// tried is what starting or saving came to.
type tried struct{ status transfers.Status }

// save starts the export or the import, or saves the sync. The use-case says what is wrong
// with it.
func (f *Form) save(h *hub.Hub, id model.ID, d transfers.Draft, confirm string) func(context.Context) (tried, error) {
	if confirm != "" {
		f.options.Confirm = confirm
	}
	run, o := f.Env.Runner, f.options
	o.Replace = o.Replace || f.in.boxes["replace"]
	return func(ctx context.Context) (out tried, err error) {
		switch {
		case d.Kind != model.KindSync && run == nil:
			err = model.Errorf(model.EInternal, "transfers do not run in this console")
		case d.Kind != model.KindSync:
			out.status, err = run.Start(ctx, h, d, o)
		case id == "":
			out.status, err = h.Transfers.CreateSync(ctx, h.Space, d, o.Confirm)
		default:
			out.status, err = h.Transfers.UpdateSync(ctx, h.Space, id, d, o.Confirm)
		}
		if err != nil {
			err = inConsole(err)
		}
		return out, err
	}
}

func (f *Form) saved(t tried) tea.Cmd {
	s := &t.status
	say := func(text string) tea.Cmd { return screen.Send(screen.Notice{Level: screen.Success, Text: text}) }
	switch {
	case f.Target != "":
		return tea.Sequence(screen.Send(screen.Pop{Result: s.Transfer}), say("Saved "+s.Title()))
	case f.kind == model.KindSync:
		return tea.Sequence(screen.Send(screen.Replace{Route: screen.Transfer{ID: s.Transfer.ID}}), say("Created "+s.Title()+"; r runs it now"))
	}
	return tea.Sequence(screen.Send(screen.Replace{Route: screen.Transfer{ID: s.Transfer.ID}}), say("Started: it goes on beside the screens"))
}

// failed asks about what is there already: the file, or the half of a transfer.
func (f *Form) failed(e *model.Error) (tea.Cmd, bool) {
	switch {
	case e.Code == model.EExists && e.Field == "file" && f.kind == model.KindExport:
		return f.Offer("The file is there already", widget.MenuItem{Key: "r", Label: "Replace it", Note: "when all is there"}, func() tea.Cmd {
			f.options.Replace = true
			return f.Submit()
		}), true
	case e.Code == model.EExists && e.Field == "resume":
		f.Trouble = e
		begun := func(goOn any) tea.Cmd {
			f.options.Resume = goOn.(bool)
			f.options.Restart = !f.options.Resume
			return f.Submit()
		}
		return f.Ask("This was begun already", begun,
			widget.MenuItem{Key: "g", Label: "Go on with it", Note: "with its settings", Value: true},
			widget.MenuItem{Key: "b", Label: "Begin anew", Note: "what was kept is given up", Value: false}), true
	}
	return nil, false
}

// named asks for the name of the protected client whose data may change.
func (f *Form) named() widget.TypedNameOptions {
	name, body, action := f.in.text("client"), "Every request to it may change data there.", "start"
	if f.kind == model.KindSync {
		name, body, action = f.in.text("target"), "The sync changes data there whenever it runs.", "save"
	}
	for have := range f.clients {
		if strings.EqualFold(have, name) {
			name = have
		}
	}
	return widget.TypedNameOptions{Title: name + " is protected", Body: []string{body}, Name: name, Action: action}
}

// anew is the draft of a sync that is gone for a new one.
func (f *Form) anew(d transfers.Draft) transfers.Draft {
	f.stored, d.Revision = nil, 0
	return d
}
