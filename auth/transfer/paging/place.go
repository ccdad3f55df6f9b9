package paging

import (
	"strings"

	"ferry/model"
)

// splitPlace takes a dotted place apart; a dot that belongs to a name stands behind "\".
func splitPlace(place string) []string {
	if place == "" || place == rootPlace {
		return nil
	}
	var out []string
	var b strings.Builder
	for i := 0; i < len(place); i++ {
		switch {
		case place[i] == '\\' && i+1 < len(place):
			i++
			b.WriteByte(place[i])
		case place[i] == '.':
			out = append(out, b.String())
			b.Reset()
		default:
			b.WriteByte(place[i])
		}
	}
	return append(out, b.String())
}

// rootPlace is the Position.Items of a page that is an array.
const rootPlace = "-"

func joinPlace(names ...string) string {
	escape := strings.NewReplacer(`\`, `\\`, ".", `\.`)
	for i, n := range names {
		names[i] = escape.Replace(n)
	}
	if out := strings.Join(names, "."); out != rootPlace {
		return out
	}
	return `\` + rootPlace
}

// shown is a list of names for a person.
func shown(names []string) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		if len(n) > 40 {
			n = n[:40] + "…"
		}
		quoted[i] = model.Printable(n)
	}
	return strings.Join(quoted, ", ")
}
