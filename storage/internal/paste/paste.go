// Package paste writes arguments of commands that a person is told to paste into a
// shell. It imports model only.
package paste

import (
	"strings"

	"ferry/model"
)

// Path quotes a path for a POSIX shell where it needs that. A path with characters that
// cannot be shown comes out spelled, and will not be found: nothing is ever run blindly.
func Path(path string) string {
	if strings.IndexFunc(path, func(r rune) bool { return !plain(r) }) < 0 {
		return path
	}
	return "'" + strings.ReplaceAll(model.Printable(path), "'", `'\''`) + "'"
}

func plain(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("/._-+,@%:=", r)
}
