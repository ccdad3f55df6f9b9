package transferform

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/model/transfers"
	"ferry/ui/screen"
	"ferry/ui/widget"
)

// question is what an open overlay of the form asks.
type question int

const (
	askNothing question = iota
	askName             // the name of a protected target
	askReplace          // a file that is there
	askBegun            // something unfinished for the same sides and file
	askConflict
	askGone
)

// tried is what starting or saving came to.
type tried struct{ status transfers.Status }

// submit starts the export or the import, or saves the sync. The use-case says what is
// wrong with it; then the first field at fault gets the focus.
func (f *Form) submit() tea.Cmd {
	if f.try.Running() {
		return nil
	}
	if own := f.ownProblems(); len(own) > 0 {
		return f.failed(&model.Error{Code: model.EInvalid, Message: own[0].Message, Fields: own})
	}
	f.trouble = nil
	h, run, id, d, o := f.env.Hub, f.env.Runner, f.target, f.draft(), f.options
	o.Replace = o.Replace || f.in.boxes["replace"]
	return screen.Start(f.env.Ctx, f.id, &f.try, func(ctx context.Context) (out tried, err error) {
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
		return out, err
	})
}

func (f *Form) tried(r screen.Reply[tried]) tea.Cmd {
	if !screen.Accept(&f.try, r) {
		return nil
	}
	if r.Err != nil {
		return f.failed(model.AsError(r.Err))
	}
	f.done = true
	s := &r.Value.status
	say := func(text string) tea.Cmd { return screen.Send(screen.Notice{Level: screen.Success, Text: text}) }
	switch {
	case f.target != "":
		return tea.Sequence(screen.Send(screen.Pop{Result: s.Transfer}), say("Saved "+s.Title()))
	case f.kind == model.KindSync:
		return tea.Sequence(screen.Send(screen.Replace{Route: screen.Transfer{ID: s.Transfer.ID}}), say("Created "+s.Title()+"; r runs it now"))
	}
	return tea.Sequence(screen.Send(screen.Replace{Route: screen.Transfer{ID: s.Transfer.ID}}), say("Started: it goes on beside the screens"))
}

// failed leaves every input as it is and says what can be done.
func (f *Form) failed(e *model.Error) tea.Cmd {
	switch {
	case e.Code == model.EProtected && f.options.Confirm == "":
		return f.askName()
	case e.Code == model.EExists && e.Field == "file" && f.kind == model.KindExport:
		return f.ask(askReplace, "The file is there already",
			widget.MenuItem{Key: "r", Label: "Replace it", Note: "when all is there", Value: true},
			widget.MenuItem{Key: "e", Label: "Keep editing", Value: false})
	case e.Code == model.EExists && e.Field == "resume":
		f.trouble = e
		return f.ask(askBegun, "This was begun already",
			widget.MenuItem{Key: "g", Label: "Go on with it", Note: "with its settings", Value: true},
			widget.MenuItem{Key: "b", Label: "Begin anew", Note: "what was kept is given up", Value: false})
	case e.Code == model.EConflict:
		f.trouble = e
		return f.ask(askConflict, "Changed by somebody else meanwhile",
			widget.MenuItem{Key: "r", Label: "Reload theirs, keep what I typed", Value: true},
			widget.MenuItem{Key: "e", Label: "Keep editing", Value: false})
	case e.Code == model.ENotFound && f.target != "" && e.Field == "":
		f.trouble = e
		return f.ask(askGone, f.start.Name+" was deleted meanwhile",
			widget.MenuItem{Key: "n", Label: "Make it a new sync", Note: "its history is gone", Value: true},
			widget.MenuItem{Key: "e", Label: "Keep editing", Value: false})
	}
	shown := f.show(e)
	f.touchAll()
	if !shown {
		f.trouble = e
	}
	verb := "not started: "
	if f.kind == model.KindSync {
		verb = "not saved: "
	}
	text := e.Message
	if n := len(e.Fields); n > 1 {
		text = fmt.Sprintf("%d fields need another look", n)
	}
	return screen.Send(screen.Notice{Level: screen.Failure, Text: verb + text})
}

// show puts what an error says of fields below them, and reports whether there was one.
func (f *Form) show(e *model.Error) (shown bool) {
	for _, fe := range problemsOf(e) {
		if !f.HasField(fe.Field) && !f.more {
			f.more = true // it may be one of those that are rarely needed
		}
		if f.HasField(fe.Field) {
			f.said[fe.Field] = fe.Message
			if !shown {
				f.FocusOn(fe.Field)
			}
			shown = true
		}
	}
	return shown
}

// touchAll makes every message show.
func (f *Form) touchAll() {
	for _, r := range f.rows() {
		for _, field := range r.Fields {
			f.touched[field] = true
		}
	}
}

func (f *Form) askName() tea.Cmd {
	name := f.in.text("client")
	body := "Every request to it may change data there."
	if f.kind == model.KindSync {
		name = f.in.text("target")
		body = "The sync changes data there whenever it runs."
	}
	for have := range f.clients {
		if strings.EqualFold(have, name) {
			name = have
		}
	}
	action := "start"
	if f.kind == model.KindSync {
		action = "save"
	}
	f.asking = askName
	return screen.Send(screen.Open{Overlay: widget.NewTypedName(f.env.Styles, widget.TypedNameOptions{
		Title: name + " is protected", Body: []string{body}, Name: name, Action: action,
	})})
}

func (f *Form) ask(q question, title string, items ...widget.MenuItem) tea.Cmd {
	f.asking = q
	return screen.Send(screen.Open{Overlay: widget.NewMenu(f.env.Styles, title, items)})
}

// Resume implements screen.Resumer.
func (f *Form) Resume(result any) tea.Cmd {
	asked := f.asking
	f.asking = askNothing
	yes, answered := result.(bool)
	name, typed := result.(string)
	switch {
	case asked == askName && typed:
		f.options.Confirm = name
		return f.submit()
	case asked == askReplace && yes:
		f.options.Replace = true
		return f.submit()
	case asked == askBegun && answered:
		f.options.Resume, f.options.Restart = yes, !yes
		return f.submit()
	case asked == askConflict && yes:
		return f.reload()
	case asked == askGone && yes:
		f.becomeNew()
	}
	return nil
}

// becomeNew turns the edit of a sync that is gone into a new one.
func (f *Form) becomeNew() {
	d := f.draft()
	d.Revision = 0
	f.target, f.stored, f.trouble, f.start = "", nil, nil, transfers.Draft{Kind: model.KindSync}
	f.fill(d)
}

// previewed is how many requests a preview shows.
const previewed = 3

// preview shows the first requests that the import would send, and sends none.
func (f *Form) preview() tea.Cmd {
	if f.plan.Running() {
		return nil
	}
	h, d := f.env.Hub, f.draft()
	return screen.Start(f.env.Ctx, f.id, &f.plan, func(ctx context.Context) ([]model.PlannedRequest, error) {
		return h.Transfers.Preview(ctx, h.Space, d, nil, previewed)
	})
}

func (f *Form) planned(r screen.Reply[[]model.PlannedRequest]) tea.Cmd {
	if !screen.Accept(&f.plan, r) {
		return nil
	}
	if r.Err != nil {
		e := model.AsError(r.Err)
		if !f.show(e) {
			return screen.Send(screen.Failed(r.Err))
		}
		f.touchAll()
		return screen.Send(screen.Notice{Level: screen.Failure, Text: e.Message})
	}
	if len(r.Value) == 0 {
		return screen.Send(screen.Notice{Level: screen.Warning, Text: "the file has no record, so nothing would be sent"})
	}
	var lines []string
	for i, p := range r.Value {
		if i > 0 {
			lines = append(lines, "")
		}
		lines = append(lines, f.Styles.Muted.Render("record "+strconv.FormatInt(p.Record, 10)), f.Styles.Bold.Render(model.Printable(p.Method+" "+p.URL)))
		for _, h := range p.Header {
			lines = append(lines, model.Printable(h.Name+": "+h.Value))
		}
		if len(p.Body) > 0 {
			lines = append(lines, widget.Lines(string(p.Body[:min(len(p.Body), 4<<10)]))...)
		}
	}
	return screen.Send(screen.Open{Overlay: widget.NewShow(f.env.Styles, "The first requests; none was sent", lines)})
}
