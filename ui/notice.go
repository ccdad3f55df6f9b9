package ui

import (
	"ferry/ui/screen"
	"ferry/ui/widget"
)

// putNotice writes the notice over the rule above the help line, and over as many rows
// above that as it needs.
func (r *root) putNotice(rows []string) {
	if r.notice.Text == "" {
		return
	}
	style, glyph := r.styles.Info, "·"
	switch r.notice.Level {
	case screen.Success:
		style, glyph = r.styles.OK, "✓"
	case screen.Warning:
		style, glyph = r.styles.Warn, "!"
	case screen.Failure:
		style, glyph = r.styles.Danger, "✗"
	case screen.Info:
	}
	lines := widget.Wrap(r.notice.Text, r.width-4)
	if len(lines) > 4 {
		lines = append(lines[:3], lines[3]+" …")
	}
	at := len(rows) - 1 - len(lines)
	if r.full {
		at++
	}
	for i, l := range lines {
		mark := "   "
		if i == 0 {
			mark = " " + glyph + " "
		}
		if at+i >= 0 {
			rows[at+i] = style.Render(mark + l)
		}
	}
}
