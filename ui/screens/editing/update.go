package editing

import (
	"slices"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"ferry/ui/keymap"
	"ferry/ui/screen"
	"ferry/ui/screens/merge"
	"ferry/ui/widget/sheet"
)

// Cancel is the key that leaves a form.
var Cancel = keymap.Bind("esc", "cancel", "esc")

// Update implements screen.Screen. Whatever came, the focused row shows afterwards.
func (f *Form[D, R, S]) Update(msg tea.Msg) tea.Cmd {
	cmd := f.handle(msg)
	f.reveal()
	return cmd
}

func (f *Form[D, R, S]) handle(msg tea.Msg) tea.Cmd {
	if _, ok := msg.(tea.KeyPressMsg); ok {
		f.Flow.Forget()
	}
	if f.o.Message != nil {
		if cmd, own := f.o.Message(msg); own {
			return cmd
		}
	}
	switch msg := msg.(type) {
	case screen.Reply[R]:
		return f.loaded(msg)
	case screen.Reply[S]:
		return f.saveDone(msg)
	case screen.Reply[merge.Newer]:
		f.looked(msg)
	case screen.Changed:
		return f.lookAgain()
	case sheet.Settled:
		f.Settled()
	case tea.PasteMsg:
		if f.Idle() {
			return tea.Batch(f.Paste(msg.Content), f.typed())
		}
	case tea.KeyPressMsg:
		return f.key(msg)
	}
	return nil
}

func (f *Form[D, R, S]) key(k tea.KeyPressMsg) tea.Cmd {
	switch {
	case key.Matches(k, Cancel):
		return f.Leave()
	case !f.Idle() || f.Settling(k):
		return nil
	}
	if f.o.Key != nil {
		if cmd, own := f.o.Key(k); own {
			return cmd
		}
	}
	switch {
	case key.Matches(k, keymap.Save):
		return f.Submit()
	case key.Matches(k, keymap.Next):
		return f.Step(1)
	case key.Matches(k, keymap.Prev):
		return f.Step(-1)
	}
	return tea.Batch(f.Sheet.Key(k), f.typed())
}

func (f *Form[D, R, S]) typed() tea.Cmd {
	if f.o.Typed == nil {
		return nil
	}
	return f.o.Typed()
}

// changed follows a change of an item. A button changes which rows there are, and what is
// said of those stays.
func (f *Form[D, R, S]) changed(it *sheet.Item) {
	if it.Kind != sheet.Button {
		f.Hush(f.FieldsOf(it.Key)...)
	}
	if f.o.Changed != nil {
		f.o.Changed(it)
	}
	f.Recheck()
}

// left follows a move of the focus. What is left is checked from now on.
func (f *Form[D, R, S]) left(from string) tea.Cmd {
	now := f.FieldsOf(f.Focus)
	for _, field := range f.FieldsOf(from) {
		if !slices.Contains(now, field) {
			f.touched[field] = true
		}
	}
	if f.o.Left == nil {
		return nil
	}
	return f.o.Left(from)
}

// Touch makes the messages of a field show.
func (f *Form[D, R, S]) Touch(field string) { f.touched[field] = true }

// Say puts what is wrong below a field until it changes.
func (f *Form[D, R, S]) Say(field, text string) { f.said[field] = text }

// Hush drops what was said of fields that changed.
func (f *Form[D, R, S]) Hush(fields ...string) {
	for _, field := range fields {
		delete(f.said, field)
		delete(f.theirs, field)
	}
}
