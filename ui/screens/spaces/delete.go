package spaces

import (
	"context"
	"strings"

	"charm.land/bubbles/v2/help"
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
	"github.com/dustin/go-humanize"

	"ferry/model"
	"ferry/model/spaces"
	"ferry/ui/keymap"
	"ferry/ui/screen"
	"ferry/ui/screens/flow"
	"ferry/ui/widget"
)

// delete looks up what the space holds, then asks for its name. The space that is worked
// in is left first, so that nobody deletes what is under their own feet.
func (s *Spaces) delete(sp model.Space) tea.Cmd {
	switch {
	case sp.Name == model.DefaultSpace:
		return refuse("the space " + sp.Name + " stays: it is where everything begins")
	case sp.ID == s.Env.Hub.Space.ID:
		return refuse("you are working in " + sp.Name + "; go to another space first")
	}
	h := s.Env.Hub
	return s.flow.Start(func(ctx context.Context) (flow.Outcome, error) {
		holds, err := h.Spaces.Contents(ctx, sp.ID)
		return flow.Outcome{Next: func() tea.Cmd { return s.askDelete(sp, holds) }}, err
	})
}

func (s *Spaces) askDelete(sp model.Space, holds spaces.Contents) tea.Cmd {
	var body []string
	if sp.Deleting {
		body = append(body, "Its deletion has begun and was cut off; nobody can enter it any more.")
	}
	switch {
	case holds.Empty():
		body = append(body, "It holds nothing.")
	case sp.Deleting:
		body = append(body, "Still there:", "  • "+held(holds))
	default:
		body = append(body, "Lost with it, for good:", "  • "+held(holds), "Whoever uses them is refused at once.")
	}
	return s.flow.TypeName(widget.TypedNameOptions{
		Title: "Delete the space " + sp.Name + ": irreversible", Body: body, Name: sp.Name, Action: "delete for ever",
	}, func(confirm string) tea.Cmd { return s.flow.Open(newDeletion(s.Env, sp, confirm), s.deleted) })
}

// deleted says what became of a deletion.
func (s *Spaces) deleted(result any) tea.Cmd {
	d := result.(deletionResult)
	notice := screen.Notice{Level: screen.Success, Text: "Deleted the space " + d.name}
	switch {
	case model.CodeOf(d.err) == model.EInterrupted:
		notice = screen.Notice{Level: screen.Warning, Text: "stopped; D goes on with the deletion of " + d.name}
	case d.err != nil:
		notice = screen.Failed(d.err)
	}
	return tea.Batch(screen.Send(notice), s.Reload())
}

// held says in words what a space holds: "3 API clients, 2 API users, 4 API keys, 1 transfer".
func held(c spaces.Contents) string {
	var parts []string
	for _, part := range []struct {
		n    int
		what string
	}{{c.Clients, "API client"}, {c.Users, "API user"}, {c.Keys, "API key"}, {c.Transfers, "transfer"}} {
		if part.n > 0 {
			parts = append(parts, flow.Counted(part.n, part.what))
		}
	}
	return strings.Join(parts, ", ")
}

// deletion is the overlay under which a space is deleted: it shows what is left, and
// stopping it leaves a deletion that can go on.
type deletion struct {
	env           screen.Env
	id            screen.ID
	space         model.Space
	confirm       string
	width, height int
	run           screen.Requests
	left          int // records still there, -1 before it is known
	stopping      bool
}

type deletionResult struct {
	name string
	err  error
}

type deletionDone struct{}

var deletionKeys = keymap.Map{{keymap.Bind("esc", "stop: it can go on later", "esc")}}

func newDeletion(env screen.Env, sp model.Space, confirm string) *deletion {
	return &deletion{env: env, id: screen.NewID(), space: sp, confirm: confirm, left: -1}
}

// ID implements screen.Replied.
func (d *deletion) ID() screen.ID { return d.id }

// Init starts the deletion.
func (d *deletion) Init() tea.Cmd {
	h, id, name, left := d.env.Hub, d.space.ID, d.confirm, flow.NewProgress(d.id)
	run := screen.Start(d.env.Ctx, d.id, &d.run, func(ctx context.Context) (deletionDone, error) {
		defer left.End()
		return deletionDone{}, h.Spaces.Delete(ctx, id, spaces.Deletion{Everything: true, Progress: left.Tell}, name)
	})
	return tea.Batch(run, left.Next())
}

// Keys implements screen.Overlay.
func (d *deletion) Keys() help.KeyMap { return deletionKeys }

// SetSize implements screen.Overlay.
func (d *deletion) SetSize(width, height int) { d.width, d.height = width, height }

// Cancel implements screen.Canceler. The overlay stays until the deletion has stopped.
func (d *deletion) Cancel() bool {
	d.stopping = true
	d.run.Stop()
	return true
}

// Update implements screen.Overlay.
func (d *deletion) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case flow.Reached:
		d.left = msg.N
		return msg.Next()
	case tea.KeyPressMsg:
		if key.Matches(msg, deletionKeys[0][0]) {
			d.Cancel()
		}
	case screen.Reply[deletionDone]:
		if screen.Accept(&d.run, msg) {
			return screen.Send(screen.Close{Result: deletionResult{d.space.Name, msg.Err}})
		}
	}
	return nil
}

// View implements screen.Overlay.
func (d *deletion) View() string {
	st := d.env.Styles
	w := max(min(d.width, 48)-st.Dialog.GetHorizontalFrameSize(), 0)
	if w == 0 {
		return ""
	}
	state := "beginning …"
	switch {
	case d.stopping:
		state = "stopping …"
	case d.left == 1:
		state = "1 record left"
	case d.left >= 0:
		state = humanize.Comma(int64(d.left)) + " records left"
	}
	lines := []string{st.Danger.Bold(true).Render(widget.Truncate("Deleting "+model.Printable(d.space.Name), w)), "", state}
	return st.DialogDanger.Width(w + st.DialogDanger.GetHorizontalFrameSize()).Render(strings.Join(lines, "\n"))
}
