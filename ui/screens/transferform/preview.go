package transferform

import (
	"context"
	"strconv"

	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/ui/screen"
	"ferry/ui/widget"
)

// previewed is how many requests a preview shows.
const previewed = 3

// preview shows the first requests that the import would send, and sends none.
func (f *Form) preview() tea.Cmd {
	if f.plan.Running() {
		return nil
	}
	h, d := f.Env.Hub, f.draft()
	return screen.Start(f.Env.Ctx, f.ID(), &f.plan, func(ctx context.Context) ([]model.PlannedRequest, error) {
		return h.Transfers.Preview(ctx, h.Space, d, nil, previewed)
	})
}

func (f *Form) planned(r screen.Reply[[]model.PlannedRequest]) tea.Cmd {
	if !screen.Accept(&f.plan, r) {
		return nil
	}
	if r.Err != nil {
		e := inConsole(r.Err)
		if !f.Blame(e) {
			return screen.Send(screen.Failed(r.Err))
		}
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
	return screen.Send(screen.Open{Overlay: widget.NewShow(f.Env.Styles, "The first requests; none was sent", lines)})
}
