package record

import (
	"bytes"

	"ferry/model"
)

// AppendLine appends rec without blanks outside of strings, so that it holds no line end.
// Rec is one JSON value that was found valid before: only what could break a line is looked
// at again. EInvalid for a string that holds a line end, and for nothing.
func AppendLine(dst, rec []byte) ([]byte, error) {
	rec = trim(rec)
	if len(rec) == 0 {
		return dst, model.Errorf(model.EInvalid, "there is no record")
	}
	if dense(rec) {
		return append(dst, rec...), nil
	}
	return squeeze(dst, rec)
}

// dense reports that rec holds no blank outside of strings; false may mean that it is not
// known. It hops from space to space, which is several times faster than looking at each byte.
func dense(rec []byte) bool {
	if bytes.IndexByte(rec, '\n') >= 0 || bytes.IndexByte(rec, '\r') >= 0 || bytes.IndexByte(rec, '\t') >= 0 {
		return false
	}
	space := bytes.IndexByte(rec, ' ')
	if space < 0 {
		return true
	}
	if bytes.IndexByte(rec, '\\') >= 0 {
		return false
	}
	for space >= 0 {
		if bytes.Count(rec[:space], quote)%2 == 0 {
			return false
		}
		end := bytes.IndexByte(rec[space:], '"')
		if end < 0 {
			return false
		}
		rec = rec[space+end+1:] // outside of strings again
		space = bytes.IndexByte(rec, ' ')
	}
	return true
}

var quote = []byte{'"'}

// squeeze appends rec piece by piece.
func squeeze(dst, rec []byte) ([]byte, error) {
	from, i := 0, 0
	for i < len(rec) {
		switch rec[i] {
		case '"':
			end := stringEnd(rec, i+1)
			if end < 0 {
				return dst, model.Errorf(model.EInvalid, "the record is not valid JSON: a string does not end on its line")
			}
			i = end
		case ' ', '\t', '\r', '\n':
			dst = append(dst, rec[from:i]...)
			i++
			from = i
		default:
			i++
		}
	}
	return append(dst, rec[from:]...), nil
}

// stringEnd returns where the string that began before i is over, -1 when it is not.
func stringEnd(rec []byte, i int) int {
	for ; i < len(rec); i++ {
		switch c := rec[i]; {
		case c == '"':
			return i + 1
		case c < ' ':
			return -1
		case c == '\\' && i+1 < len(rec) && rec[i+1] >= ' ':
			i++
		}
	}
	return -1
}
