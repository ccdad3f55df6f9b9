package gatewayrule

import (
	"slices"
	"strings"

	"charm.land/bubbles/v2/help"
	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/model/gateway"
	"ferry/model/hub"
	"ferry/ui/keymap"
	"ferry/ui/screen"
	"ferry/ui/screens/flow"
	"ferry/ui/widget/field"
	"ferry/ui/widget/sheet"
)

// Form is the screen of one rule. It is popped after saving with the gateway.RuleView.
// Nothing typed is lost by a save that fails or meets a change by somebody else.
type Form struct {
	*sheet.Sheet
	env          screen.Env
	id           screen.ID
	user, client model.ID

	loading bool
	seen    *subject
	start   gateway.RuleDraft // what the form began with
	in      inputs
	flow    *flow.Flow // of removing the rule

	touched map[string]bool   // what was left once, or all after a save
	said    map[string]string // what saving said about a field, until it changes
	theirs  map[string]string // what somebody else made of a field that was typed in too
	trouble *model.Error      // why loading or saving failed, beyond one field
	saved   bool
	asking  question
	newer   string // who saved the rule since it was read, "" for nobody

	load, save, look screen.Requests
}

// inputs is everything that can be typed or chosen.
type inputs struct {
	readOnly                                    bool
	methods, paths, perSecond, perDay, bodySize *field.Line
}

// Edit returns the form of the rule for a user and a client.
func Edit(env screen.Env, user, client model.ID) screen.Screen {
	f := &Form{
		env: env, id: screen.NewID(), user: user, client: client, loading: true,
		touched: map[string]bool{}, said: map[string]string{}, theirs: map[string]string{},
	}
	f.Sheet = sheet.New(env.Styles, f.id)
	f.Rows, f.Messages, f.Head, f.Foot, f.Changed, f.Left = f.rows, f.messages, f.headLines, f.footLines, f.changed, f.left
	f.flow = flow.New(env, f.id)
	f.Focus = "read_only"
	f.fill(gateway.RuleDraft{})
	return f
}

// ID implements screen.Screen.
func (f *Form) ID() screen.ID { return f.id }

// Title implements screen.Screen.
func (f *Form) Title() string {
	if f.seen == nil {
		return "Rule"
	}
	return "Rule for " + model.Printable(f.seen.callee.Name)
}

// Rebind implements screen.Rebinder.
func (f *Form) Rebind(h *hub.Hub) { f.env.Hub, f.flow.Env.Hub = h, h }

// SetSize implements screen.Screen.
func (f *Form) SetSize(width, height int) {
	f.Sheet.SetSize(width, height)
	f.reveal()
}

// Capturing implements screen.Capturer.
func (f *Form) Capturing() bool {
	it := f.Focused()
	return !f.loading && it != nil && it.Typed()
}

// Close implements screen.Closer.
func (f *Form) Close() {
	for _, r := range []*screen.Requests{&f.load, &f.save, &f.look} {
		r.Cancel()
	}
}

// Unsaved implements screen.Guard.
func (f *Form) Unsaved() string {
	if f.saved || f.loading || f.seen == nil || same(f.draft(), f.start) {
		return ""
	}
	return "the rule for " + f.seen.callee.Name
}

func same(a, b gateway.RuleDraft) bool {
	return a.ReadOnly == b.ReadOnly && slices.Equal(a.Methods, b.Methods) && slices.Equal(a.Paths, b.Paths) &&
		a.PerSecond == b.PerSecond && a.PerDay == b.PerDay && a.MaxBody == b.MaxBody
}

var (
	keyNext   = keymap.Bind("tab ↓", "next", "tab", "down")
	keyPrev   = keymap.Bind("⇧tab ↑", "previous", "shift+tab", "up")
	keyCancel = keymap.Bind("esc", "cancel", "esc")
	keyToggle = keymap.Bind("space", "check", "space")
	keyPress  = keymap.Bind("↵", "press, next field", "enter")
)

var formKeys = keymap.Map{{keymap.Save, keyNext, keyPrev, keyCancel}, {keyToggle, keyPress}}

// Keys implements screen.Screen.
func (f *Form) Keys() help.KeyMap { return formKeys }

// Init implements screen.Screen.
func (f *Form) Init() tea.Cmd { return f.reload() }

// View implements screen.Screen.
func (f *Form) View() string {
	switch {
	case f.Width <= 0 || f.Height <= 0:
		return ""
	case f.loading && f.trouble == nil:
		return " loading …"
	case f.loading:
		return strings.Join(f.headLines(), "\n")
	}
	return f.Sheet.View()
}

// Cursor implements screen.CursorHolder.
func (f *Form) Cursor() *tea.Cursor {
	if f.loading {
		return nil
	}
	return f.Sheet.Cursor()
}

func (f *Form) reveal() {
	if !f.loading {
		f.Reveal()
	}
}

// fill makes the inputs show d.
func (f *Form) fill(d gateway.RuleDraft) {
	in := inputs{
		readOnly: d.ReadOnly, methods: field.NewLine(strings.Join(d.Methods, ", ")), paths: field.NewLine(strings.Join(d.Paths, ", ")),
		perSecond: field.NewLine(numberText(d.PerSecond)), perDay: field.NewLine(wholeText(d.PerDay)), bodySize: field.NewLine(SizeText(d.MaxBody)),
	}
	in.methods.Placeholder = "all (or GET, POST)"
	in.paths.Placeholder = "all (or /orders/**, /items/*)"
	in.perSecond.Placeholder, in.perDay.Placeholder = "no limit", "no limit"
	in.bodySize.Placeholder = "(" + SizeText(model.DefaultGatewayBody) + ")"
	f.in = in
}

// draft returns what the form says.
func (f *Form) draft() gateway.RuleDraft {
	in := &f.in
	d := gateway.RuleDraft{ReadOnly: in.readOnly, Methods: list(strings.ToUpper(in.methods.Value())), Paths: list(in.paths.Value())}
	d.PerSecond, _ = number(text(in.perSecond))
	d.PerDay, _ = whole(text(in.perDay))
	d.MaxBody, _ = size(text(in.bodySize))
	if f.seen != nil {
		d.User, d.Client, d.Revision = f.seen.user, f.seen.callee.Name, f.seen.revision()
	}
	return d
}

func text(l *field.Line) string { return strings.TrimSpace(l.Value()) }

// problem is what is wrong with what is typed into a field, "" when nothing is.
func (f *Form) problem(name string) string {
	p := ""
	switch name {
	case "per_second":
		_, p = number(text(f.in.perSecond))
	case "per_day":
		_, p = whole(text(f.in.perDay))
	case "max_body":
		_, p = size(text(f.in.bodySize))
	}
	if p != "" {
		return p
	}
	for _, e := range gateway.Check(f.draft()) {
		if e.Field == name {
			return e.Message
		}
	}
	return ""
}

// rows returns the form as it now is.
func (f *Form) rows() []sheet.Row {
	in := &f.in
	rows := []sheet.Row{{Section: "REQUESTS", Label: "Read-only", Fields: []string{"read_only"}, Items: []*sheet.Item{{
		Key: "read_only", Kind: sheet.Check, On: in.readOnly, Label: "GET, HEAD and OPTIONS alone",
		Do: func() tea.Cmd { in.readOnly = !in.readOnly; return nil },
	}}}}
	if !in.readOnly {
		rows = append(rows, sheet.Line("methods", "Methods", in.methods))
	}
	paths := sheet.Line("paths", "Paths", in.paths)
	paths.Items[0].Hint = "below the base URL; * stands for one part of a path, ** for any number; separated by commas"
	rows = append(rows, paths,
		sheet.Line("per_second", "A second", in.perSecond), sheet.Line("per_day", "A day (UTC)", in.perDay), sheet.Line("max_body", "Largest body", in.bodySize))
	rows[len(rows)-3].Section = "LIMITS"
	buttons := []*sheet.Item{{Key: "save", Kind: sheet.Button, Label: "[ Save ]", Do: f.trySave, Leaves: true}}
	if f.seen != nil && f.seen.callee.Rule != nil {
		buttons = append(buttons, &sheet.Item{Key: "remove", Kind: sheet.Button, Label: "[ Remove the rule ]", Do: f.remove, Leaves: true})
	}
	return append(rows, sheet.Row{Bare: true, Items: append(buttons,
		&sheet.Item{Key: "cancel", Kind: sheet.Button, Label: "[ Cancel ]", Do: f.leave, Leaves: true})})
}

// leave asks the root to go back; the root asks first when something is unsaved.
func (f *Form) leave() tea.Cmd { return screen.Send(screen.Pop{}) }

func (f *Form) remove() tea.Cmd { return Remove(f.flow, f.seen.user, f.seen.callee) }
