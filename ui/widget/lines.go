package widget

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxPiece bounds the bytes of a piece, so that a body of one line of 5 MB costs no
// more to show than any other.
const maxPiece = 2 << 10

// lines is a text cut into pieces: lines, and parts of lines that are too long to be
// handled as one. It keeps one string and offsets into it; a string for each line would
// take more than the text of a large body.
type lines struct {
	all    string  // a line end between lines
	starts []int32 // of the pieces, and where one behind the last would start
	parts  []int32 // the pieces that continue a line, in order
}

// offset is a place in a text that is shown, which model.MaxShownBody keeps far below
// what it can count.
func offset(n int) int32 { return int32(n) } //nolint:gosec // see above

// cut is the lines of a text, which has at least one. Tabs become spaces.
func cut(text string) lines {
	t := lines{all: strings.TrimSuffix(strings.ReplaceAll(text, "\t", "    "), "\n")}
	t.starts = make([]int32, 0, strings.Count(t.all, "\n")+len(t.all)/maxPiece+2)
	at := 0
	for at <= len(t.all) {
		end := len(t.all)
		if n := strings.IndexByte(t.all[at:], '\n'); n >= 0 {
			end = at + n
		}
		for t.starts = append(t.starts, offset(at)); end-at > maxPiece; t.starts = append(t.starts, offset(at)) {
			to := at + maxPiece
			for to > at+1 && !utf8.RuneStart(t.all[to]) {
				to--
			}
			at = to
			t.parts = append(t.parts, offset(len(t.starts)))
		}
		at = end + 1
	}
	t.starts = append(t.starts, offset(at))
	return t
}

// len is how many pieces there are.
func (t *lines) len() int { return max(len(t.starts)-1, 0) }

// count is how many lines there are.
func (t *lines) count() int { return t.len() - len(t.parts) }

// piece returns the text of a piece, without its line end.
func (t *lines) piece(i int) string {
	return strings.TrimSuffix(t.all[t.starts[i]:min(int(t.starts[i+1]), len(t.all))], "\n")
}

// number is the number of the line that a piece begins, from 1, or 0 for one that
// continues a line.
func (t *lines) number(i int) int {
	before, continues := slices.BinarySearch(t.parts, offset(i))
	if continues {
		return 0
	}
	return i + 1 - before
}

// holding adds the pieces in which a match of query begins to hits. Lower is the text in
// lower case; a match never goes beyond its line.
func (t *lines) holding(lower, query string, hits []int32) []int32 {
	for at, i := 0, 0; at < len(lower); at = int(t.starts[i]) {
		n := strings.Index(lower[at:], query)
		if n < 0 {
			break
		}
		i = t.pieceOf(offset(at+n), i)
		hits = append(hits, offset(i))
		i++
	}
	return hits
}

// pieceOf returns the piece that holds a place, looked for from piece i on: most often
// it is near.
func (t *lines) pieceOf(place int32, i int) int {
	step := 1
	for i+step < t.len() && t.starts[i+step] <= place {
		i += step
		step *= 2
	}
	for ; step > 0; step /= 2 {
		if i+step < t.len() && t.starts[i+step] <= place {
			i += step
		}
	}
	return i
}

// among keeps those of the pieces, which hold the beginning of the query, that hold all of it.
func (t *lines) among(lower, query string, pieces []int32) []int32 {
	hits := pieces[:0]
	for _, i := range pieces {
		end := min(int(t.starts[i+1])+len(query)-1, len(lower))
		if strings.Contains(lower[t.starts[i]:end], query) {
			hits = append(hits, i)
		}
	}
	return hits
}

// lowered is s in lower case, with each character where it was: one whose lower case takes
// another number of bytes stays.
func lowered(s string) string {
	first := strings.IndexFunc(s, func(r rune) bool { return lower(r) != r })
	if first < 0 {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	b.WriteString(s[:first])
	for i := first; i < len(s); {
		if c := s[i]; c < utf8.RuneSelf {
			if 'A' <= c && c <= 'Z' {
				c += 'a' - 'A'
			}
			b.WriteByte(c)
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		if low := lower(r); low != r {
			b.WriteRune(low)
		} else {
			b.WriteString(s[i : i+n])
		}
		i += n
	}
	return b.String()
}

func lower(r rune) rune {
	if low := unicode.ToLower(r); utf8.RuneLen(low) == utf8.RuneLen(r) {
		return low
	}
	return r
}
