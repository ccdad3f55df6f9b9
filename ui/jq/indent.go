package jq

import (
	"bytes"
	"encoding/json"

	"ferry/model"
)

// maxIndented bounds indented JSON: a body that is nested deep grows without measure.
const maxIndented = 4 * model.MaxShownBody

// Indent returns JSON with a line for each value. It is false for what is not JSON, and
// for what would grow beyond reason by it: that is better shown as it is.
func Indent(body []byte) ([]byte, bool) {
	size := indentedSize(body)
	if size > maxIndented {
		return nil, false
	}
	out := bytes.NewBuffer(make([]byte, 0, size))
	if json.Indent(out, body, "", "  ") != nil {
		return nil, false
	}
	return out.Bytes(), true
}

// indentedSize is about how long the indented form is, found without making it.
func indentedSize(body []byte) int {
	size, depth, inString := len(body), 0, false
	for i := 0; i < len(body) && size <= maxIndented; i++ {
		switch c := body[i]; {
		case inString:
			switch c {
			case '\\':
				i++
			case '"':
				inString = false
			}
		case c == '"':
			inString = true
		case c == '{' || c == '[':
			depth++
			size += 2*depth + 1
		case c == '}' || c == ']':
			depth = max(depth-1, 0)
			size += 2*depth + 1
		case c == ',':
			size += 2*depth + 1
		case c == ':':
			size++
		}
	}
	return size
}
