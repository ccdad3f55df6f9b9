package widget

import (
	"strings"

	"charm.land/lipgloss/v2"

	"ferry/ui/theme"
)

// Bar is a bar of width cells that fills as share goes from 0 to 1. It is full only when
// share is 1, and not empty once there is anything.
func Bar(st *theme.Styles, style lipgloss.Style, share float64, width int) string {
	width = max(width, 1)
	share = min(max(share, 0), 1)
	full := int(share * float64(width))
	if full == 0 && share > 0 {
		full = 1
	}
	if full == width && share < 1 {
		full--
	}
	bar := ""
	if full > 0 {
		bar = style.Render(strings.Repeat("█", full))
	}
	if full < width {
		bar += st.Faint.Render(strings.Repeat("░", width-full))
	}
	return bar
}
