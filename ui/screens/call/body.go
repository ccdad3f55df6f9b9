package call

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/dustin/go-humanize"

	"ferry/model"
	"ferry/ui/jq"
	"ferry/ui/widget"
)

// The kinds of bodies that are told apart.
const (
	kindNone   = "no body"
	kindJSON   = "JSON"
	kindXML    = "XML"
	kindHTML   = "HTML"
	kindPlain  = "text"
	kindBinary = "binary"
)

// shownBody is a body as text for a terminal, sanitised. Note says what was done to it.
type shownBody struct{ kind, text, note string }

// bodyText says what a body is and returns it as text.
func bodyText(resp *model.Response) shownBody {
	body := resp.Body
	mime := strings.ToLower(header(resp.Headers, "Content-Type"))
	if len(body) == 0 {
		return shownBody{kind: kindNone, text: "(the answer has no body)"}
	}
	if isBinary(body, saysText(mime)) {
		return hexDump(resp, mime)
	}
	text, note := decoded(body, resp.Truncated)
	start := strings.TrimLeft(string(text[:min(len(text), 512)]), " \t\r\n\ufeff")
	switch {
	case strings.Contains(mime, "json") || strings.HasPrefix(start, "{") || strings.HasPrefix(start, "["):
		// What is cut off, or not quite JSON, is shown as it is.
		if indented, ok := jq.Indent(text); ok {
			text = indented
		}
		return shownBody{kindJSON, model.PrintableLines(string(text)), note}
	case strings.Contains(mime, "html") || strings.HasPrefix(strings.ToLower(start), "<!doctype html") || strings.HasPrefix(strings.ToLower(start), "<html"):
		return shownBody{kindHTML, model.PrintableLines(string(text)), note}
	case strings.Contains(mime, "xml") || strings.HasPrefix(start, "<"):
		return shownBody{kindXML, model.PrintableLines(string(text)), note}
	}
	return shownBody{kindPlain, model.PrintableLines(string(text)), note}
}

// decoded is a body as text: UTF-8, or else Latin-1, which any bytes are, and that is said.
// It may be the body itself.
func decoded(body []byte, cut bool) (text []byte, note string) {
	whole := body
	if cut { // the cut may go through a character
		for n := 0; n < utf8.UTFMax-1 && len(whole) > 0 && !utf8.Valid(whole[len(whole)-min(len(whole), utf8.UTFMax):]); n++ {
			whole = whole[:len(whole)-1]
		}
	}
	if utf8.Valid(whole) {
		return whole, ""
	}
	runes := make([]rune, len(body))
	for i, b := range body {
		runes[i] = rune(b)
	}
	return []byte(string(runes)), "not UTF-8, shown as Latin-1"
}

// saysText reports whether a media type is one of text.
func saysText(mime string) bool {
	for _, part := range []string{"text/", "json", "xml", "javascript", "x-www-form-urlencoded", "charset="} {
		if strings.Contains(mime, part) {
			return true
		}
	}
	return false
}

// isBinary reports whether a body is no text. What calls itself text may be in another
// encoding than UTF-8, but holds no NUL.
func isBinary(body []byte, saysText bool) bool {
	head := body[:min(len(body), 8<<10)]
	if bytes.IndexByte(head, 0) >= 0 {
		return true
	}
	if saysText {
		return false
	}
	for i := 0; i < len(head); {
		r, n := utf8.DecodeRune(head[i:])
		if r == utf8.RuneError && n == 1 && (len(head) == len(body) || len(head)-i >= utf8.UTFMax) {
			return true
		}
		i += n
	}
	return false
}

const (
	hexRow = 16       // bytes in a line
	maxHex = 64 << 10 // bytes of a body that are shown
)

// hexDump shows the bytes of a body: offset, hexadecimal, and what of it is ASCII.
func hexDump(resp *model.Response, mime string) shownBody {
	if mime == "" {
		mime = "(not said)"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "Type  %s\nSize  %s (%d bytes)\n\n", model.Printable(mime), humanize.Bytes(uint64(max(resp.Size, 0))), resp.Size)
	body := resp.Body[:min(len(resp.Body), maxHex)]
	for at := 0; at < len(body); at += hexRow {
		row := body[at:min(at+hexRow, len(body))]
		ascii := make([]byte, len(row))
		for i, c := range row {
			if ascii[i] = '.'; c >= ' ' && c < 0x7f {
				ascii[i] = c
			}
		}
		low, high := row[:min(len(row), 8)], row[min(len(row), 8):]
		fmt.Fprintf(&b, "%08x  %-23s  %-23s  %s\n", at, fmt.Sprintf("% x", low), fmt.Sprintf("% x", high), ascii)
	}
	note := ""
	if len(resp.Body) > len(body) {
		note = fmt.Sprintf("the first %d KiB are shown; s saves it", maxHex>>10)
	}
	return shownBody{kindBinary, b.String(), note}
}

// highlighted sets how the lines of a kind of body are styled.
func highlighted(v *widget.Viewer, kind string) {
	switch kind {
	case kindJSON:
		v.Highlight = widget.HighlightJSON
	case kindXML, kindHTML:
		v.Highlight = widget.HighlightXML
	}
}

func header(hs []model.Param, name string) string {
	for _, h := range hs {
		if strings.EqualFold(h.Name, name) {
			return h.Value
		}
	}
	return ""
}
