// Package theme is the look of the console: a palette becomes semantic tokens, and
// tokens become one Styles value. No other package names a colour.
//
// It imports Lip Gloss only and never asks the terminal anything.
package theme

import (
	"image/color"

	"charm.land/lipgloss/v2"
)

// tokens are what colours are used for.
type tokens struct {
	accent, muted, faint, danger, warn, ok, info color.Color
}

// palette returns the tokens as the 16 colours every terminal has, so that the
// person's own scheme is respected.
func palette(dark bool) tokens {
	t := tokens{
		accent: lipgloss.Color("6"), muted: lipgloss.Color("8"), faint: lipgloss.Color("8"),
		danger: lipgloss.Color("1"), warn: lipgloss.Color("3"), ok: lipgloss.Color("2"), info: lipgloss.Color("4"),
	}
	if dark {
		t.accent, t.danger, t.warn = lipgloss.Color("14"), lipgloss.Color("9"), lipgloss.Color("11")
		t.ok, t.info, t.muted = lipgloss.Color("10"), lipgloss.Color("12"), lipgloss.Color("7")
	}
	return t
}

// Styles is every style the console uses, by what it is for. A state never shows by
// its colour alone.
type Styles struct {
	Dark bool

	Text, Muted, Faint, Bold    lipgloss.Style
	Accent, OK, Warn, Danger    lipgloss.Style
	Info                        lipgloss.Style
	Crumb, CrumbLast            lipgloss.Style // breadcrumb
	Place, PlaceActive          lipgloss.Style // the numbered places
	Rule                        lipgloss.Style // horizontal lines
	Marker                      lipgloss.Style // the selection marker
	Column                      lipgloss.Style // column heads
	Section, Label, LabelActive lipgloss.Style // forms
	FieldError, FieldWarn       lipgloss.Style
	Button, ButtonActive        lipgloss.Style
	HelpKey, HelpText           lipgloss.Style
	Dialog                      lipgloss.Style // a framed overlay
	DialogDanger                lipgloss.Style // one that asks about something destructive
	Match                       lipgloss.Style // what a search found
	JSONKey, JSONString         lipgloss.Style
	JSONNumber, JSONWord        lipgloss.Style
}

// New returns the styles for a dark or a light background.
func New(dark bool) *Styles {
	s := &Styles{}
	s.Rebuild(dark)
	return s
}

// Rebuild makes s fit another background in place, so that whoever holds s sees it.
func (s *Styles) Rebuild(dark bool) {
	t, plain := palette(dark), lipgloss.NewStyle()
	fg := plain.Foreground
	*s = Styles{
		Dark: dark,
		Text: plain, Muted: fg(t.muted), Faint: fg(t.faint), Bold: plain.Bold(true),
		Accent: fg(t.accent), OK: fg(t.ok), Warn: fg(t.warn), Danger: fg(t.danger), Info: fg(t.info),
		Crumb: fg(t.muted), CrumbLast: plain.Bold(true),
		Place: fg(t.muted), PlaceActive: fg(t.accent).Bold(true),
		Rule: fg(t.faint), Marker: fg(t.accent).Bold(true), Column: fg(t.muted),
		Section: fg(t.accent).Bold(true), Label: plain, LabelActive: fg(t.accent).Bold(true),
		FieldError: fg(t.danger), FieldWarn: fg(t.warn),
		Button: plain, ButtonActive: plain.Reverse(true).Bold(true),
		HelpKey: fg(t.accent), HelpText: fg(t.muted),
		Dialog:       plain.Border(lipgloss.RoundedBorder()).BorderForeground(t.accent).Padding(0, 1),
		DialogDanger: plain.Border(lipgloss.RoundedBorder()).BorderForeground(t.danger).Padding(0, 1),
		Match:        plain.Reverse(true),
		JSONKey:      fg(t.info), JSONString: fg(t.ok), JSONNumber: fg(t.warn), JSONWord: fg(t.accent),
	}
}
