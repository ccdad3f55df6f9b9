// Package sheet lays out a form and moves about in it: labelled rows of fields, boxes
// and buttons that scroll, each with its messages below. What the rows are, what is
// wrong with them and what saving does is the screen's.
//
// It imports the screen contract, the theme, widgets and model (for Printable). It must
// never do I/O nor hold a rule about what may be typed.
package sheet

import (
	"slices"

	tea "charm.land/bubbletea/v2"

	"ferry/ui/screen"
	"ferry/ui/theme"
	"ferry/ui/widget/field"
)

// Kind is what an item does with keys.
type Kind int

// The kinds of items.
const (
	Text Kind = iota
	Check
	Radio
	Button
)

// Item is one thing that can have the focus.
type Item struct {
	Key    string // tells it from every other
	Kind   Kind
	Label  string // beside it, or the text of a button
	Line   *field.Line
	On     bool     // of a check
	Some   bool     // of a check for several things: some of them are on
	Choice []string // of a radio
	Chosen int
	Cells  int // how wide, 0 for what is left
	// Several says that values are separated by commas; a paste may bring a line of each.
	Several bool
	Do      func() tea.Cmd
	Pick    func(int)
	After   func() // after typing
	Hint    string // shown below while it is focused
	// Show is what stands in place of the field, "" for the field itself.
	Show func() string
	// First takes a key before the field does, and reports whether it did.
	First func(tea.KeyPressMsg) bool
	// Leaves says that a button ends the form or begins something: it changes no input.
	Leaves bool
}

// Typed reports whether the item is one to type in.
func (it *Item) Typed() bool { return it.Kind == Text }

// Row is one line of the form: a label and items from left to right.
type Row struct {
	Section string // the section that begins here
	Label   string
	Lead    *Item // stands where the label would
	Items   []*Item
	Fields  []string // whose messages stand below
	Bare    bool     // begins where labels do
	Text    string   // what stands where items would, in a row without any
}

// All returns the items of the row, the lead first.
func (r *Row) All() []*Item {
	if r.Lead == nil {
		return r.Items
	}
	return append([]*Item{r.Lead}, r.Items...)
}

// Line is a row with one field to type in; its key is also its field's name.
func Line(key, label string, l *field.Line) Row {
	return Row{Label: label, Fields: []string{key}, Items: []*Item{{Key: key, Kind: Text, Line: l}}}
}

// Box is a row with one check, whose key is also its field's name.
func Box(key, label, words string, on *bool) Row {
	return Row{Label: label, Fields: []string{key}, Items: []*Item{{
		Key: key, Kind: Check, On: *on, Label: words, Do: func() tea.Cmd { *on = !*on; return nil },
	}}}
}

// Press is a button that ends the form or begins something beside it.
func Press(key, label string, do func() tea.Cmd) *Item {
	return &Item{Key: key, Kind: Button, Label: "[ " + label + " ]", Do: do, Leaves: true}
}

// Sheet is a form on screen. The functions are the screen's; each may be called often.
type Sheet struct {
	Styles   *theme.Styles
	Rows     func() []Row
	Messages func(*Row) []Message
	// Head and Foot are lines that do not scroll.
	Head, Foot func() []string
	// Changed is told when something was typed in or chosen; it is nil for a button
	// that only changed which rows there are.
	Changed func(it *Item)
	// Left is told when the focus moved.
	Left func(from string) tea.Cmd

	Focus         string // key of the focused item
	Width, Height int
	top           int // first line shown
	settling      int // pastes whose tail may still arrive as keys
	to            screen.ID
}

// New returns an empty sheet of the screen self.
func New(st *theme.Styles, self screen.ID) *Sheet {
	none := func() []string { return nil }
	return &Sheet{
		Styles: st, to: self, Head: none, Foot: none,
		Messages: func(*Row) []Message { return nil },
		Changed:  func(*Item) {}, Left: func(string) tea.Cmd { return nil },
	}
}

// SetSize sets the room of the whole form.
func (s *Sheet) SetSize(width, height int) { s.Width, s.Height = max(width, 0), max(height, 0) }

// HasField reports whether a row shows the messages of a field.
func (s *Sheet) HasField(name string) bool {
	return slices.ContainsFunc(s.Rows(), func(r Row) bool { return slices.Contains(r.Fields, name) })
}
