package widget

import "strings"

// sparks are the heights of a sparkline; the first is for nothing at all.
var sparks = []rune("▁▂▃▄▅▆▇█")

// Sparkline draws the last width of values, a character each, the highest of them as a
// full block. What is more than nothing never looks like nothing.
func Sparkline(values []int, width int) string {
	values = values[max(len(values)-max(width, 0), 0):]
	top := 0
	for _, v := range values {
		top = max(top, v)
	}
	var b strings.Builder
	for _, v := range values {
		i := 0
		if v > 0 {
			i = 1 + int(int64(v)*int64(len(sparks)-2)/int64(top))
		}
		b.WriteRune(sparks[min(i, len(sparks)-1)])
	}
	return b.String()
}
