package gatewayrule

import (
	"cmp"
	"context"
	"strings"

	"charm.land/bubbles/v2/help"
	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/model/gateway"
	"ferry/model/hub"
	"ferry/ui/keymap"
	"ferry/ui/screen"
	"ferry/ui/screens/editing"
	"ferry/ui/screens/merge"
	"ferry/ui/widget"
	"ferry/ui/widget/field"
	"ferry/ui/widget/sheet"
)

// Form is the screen of one rule. It is popped after saving with the gateway.RuleView.
type Form struct {
	*editing.Form[gateway.RuleDraft, subject, gateway.RuleView]
	seen *subject
	in   inputs
}

// inputs is everything that can be typed or chosen.
type inputs struct {
	readOnly                                    bool
	methods, paths, perSecond, perDay, bodySize *field.Line
}

// Edit returns the form of the rule for a user and a client.
func Edit(env screen.Env, user, client model.ID) screen.Screen {
	f := &Form{}
	f.Form = editing.New(env, client, editing.Options[gateway.RuleDraft, subject, gateway.RuleView]{
		Noun: "rule", Name: func(d gateway.RuleDraft) string { return d.Client },
		Rows: f.rows, Foot: f.footLines, Fill: f.fill, Draft: f.draft, Check: f.check, Head: f.head, Message: f.message,
		Read: func(ctx context.Context, h *hub.Hub, client model.ID) (subject, error) {
			return read(ctx, h, user, client)
		},
		Newest: func(ctx context.Context, h *hub.Hub, client model.ID) (merge.Newer, error) {
			return newest(ctx, h, user, client)
		},
		Took: f.took, Merge: merged, Save: save, Saved: f.saved, Named: f.named,
	})
	f.Begin(gateway.RuleDraft{})
	f.Focus = "read_only"
	return f
}

// Title implements screen.Screen.
func (f *Form) Title() string {
	if f.seen == nil {
		return "Rule"
	}
	return "Rule for " + model.Printable(f.seen.callee.Name)
}

// Unsaved implements screen.Guard.
func (f *Form) Unsaved() string {
	if f.Form.Unsaved() == "" {
		return ""
	}
	return "the rule for " + f.seen.callee.Name
}

var formKeys = keymap.Map{
	{keymap.Save, keymap.Bind("tab ↓", "next", "tab", "down"), keymap.Bind("⇧tab ↑", "previous", "shift+tab", "up"), editing.Cancel},
	{keymap.Bind("space", "check", "space"), sheet.PressOrNext},
}

// Keys implements screen.Screen.
func (f *Form) Keys() help.KeyMap { return formKeys }

// fill makes the inputs show d.
func (f *Form) fill(d gateway.RuleDraft) {
	in := inputs{
		readOnly: d.ReadOnly, methods: field.NewLine(strings.Join(d.Methods, ", ")), paths: field.NewLine(strings.Join(d.Paths, ", ")),
		perSecond: field.NewLine(numberText(d.PerSecond)), perDay: field.NewLine(wholeText(d.PerDay)), bodySize: field.NewLine(gateway.SizeText(d.MaxBody)),
	}
	in.methods.Placeholder = "all (or GET, POST)"
	in.paths.Placeholder = "all (or /orders/**, /items/*)"
	in.perSecond.Placeholder, in.perDay.Placeholder = "no limit", "no limit"
	in.bodySize.Placeholder = "(" + gateway.SizeText(model.DefaultGatewayBody) + ")"
	f.in = in
}

// draft returns what the form says.
func (f *Form) draft() gateway.RuleDraft {
	in := &f.in
	d := gateway.RuleDraft{ReadOnly: in.readOnly, Methods: in.methods.List(), Paths: in.paths.List()}
	for i, m := range d.Methods {
		d.Methods[i] = strings.ToUpper(m)
	}
	d.PerSecond, _ = number(in.perSecond.Text())
	d.PerDay, _ = whole(in.perDay.Text())
	d.MaxBody, _ = size(in.bodySize.Text())
	if f.seen != nil {
		d.User, d.Client, d.Revision = f.seen.user, f.seen.callee.Name, f.seen.revision()
		d.Fresh = d.Revision == 0 // without a revision nothing else tells of somebody else's
	}
	return d
}

// check is what is wrong with the draft. Of text that is no number it says so.
func (f *Form) check() []model.FieldError {
	own := map[string]string{}
	_, own["per_second"] = number(f.in.perSecond.Text())
	_, own["per_day"] = whole(f.in.perDay.Text())
	_, own["max_body"] = size(f.in.bodySize.Text())
	out := gateway.Check(f.draft())
	for i := range out {
		out[i].Message = cmp.Or(own[out[i].Field], out[i].Message)
	}
	return out
}

// rows returns the form as it now is.
func (f *Form) rows() []sheet.Row {
	in := &f.in
	rows := []sheet.Row{sheet.Box("read_only", "Read-only", "GET, HEAD and OPTIONS alone", &in.readOnly)}
	rows[0].Section = "REQUESTS"
	if !in.readOnly {
		rows = append(rows, several("methods", "Methods", in.methods))
	}
	paths := several("paths", "Paths", in.paths)
	paths.Items[0].Hint = "below the base URL; * stands for one part of a path, ** for any number; separated by commas"
	rows = append(rows, paths,
		sheet.Line("per_second", "A second", in.perSecond), sheet.Line("per_day", "A day (UTC)", in.perDay), sheet.Line("max_body", "Largest body", in.bodySize))
	rows[len(rows)-3].Section = "LIMITS"
	buttons := []*sheet.Item{sheet.Press("save", "Save", f.Submit)}
	if f.seen != nil && f.seen.callee.Rule != nil {
		buttons = append(buttons, sheet.Press("remove", "Remove the rule", f.remove))
	}
	return append(rows, sheet.Row{Bare: true, Items: append(buttons, sheet.Press("cancel", "Cancel", f.Leave))})
}

// several is a row with a field for values between commas.
func several(key, label string, l *field.Line) sheet.Row {
	r := sheet.Line(key, label, l)
	r.Items[0].Several = true
	return r
}

func (f *Form) remove() tea.Cmd { return Remove(f.Flow, f.seen.user, f.seen.callee) }

// message takes what became of the removal of the rule.
func (f *Form) message(msg tea.Msg) (tea.Cmd, bool) {
	res, cmd, mine := f.Flow.Update(msg)
	if res.Deleted {
		f.Finish()
		return tea.Batch(cmd, f.Leave()), true
	}
	return cmd, mine
}

// head is whom the rule is for.
func (f *Form) head() []sheet.Message {
	user, client := f.seen.user, f.seen.callee.Name
	if !f.seen.callee.Permitted {
		return []sheet.Message{{Tone: sheet.Warn, Text: user + " lacks the permission call:" + client + ": a rule alone lets nothing through"}}
	}
	return []sheet.Message{{Tone: sheet.Hint, Text: "what " + user + " may do with " + client + " through the gateway"}}
}

// footLines says in words what the form comes to.
func (f *Form) footLines() []string {
	if f.Saving() {
		return []string{" saving …"}
	}
	d := f.draft()
	v := gateway.RuleView{ReadOnly: d.ReadOnly, Methods: d.Methods, Paths: d.Paths, PerSecond: d.PerSecond, PerDay: d.PerDay, MaxBody: d.MaxBody}
	return []string{" " + f.Styles.Muted.Render(widget.Truncate("→ "+Words(&v), f.Width-2))}
}
