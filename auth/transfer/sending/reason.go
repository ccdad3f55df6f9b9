package sending

import (
	"net/http"
	"strconv"
	"strings"

	"ferry/auth/transfer/record"
	"ferry/auth/wire"
	"ferry/model"
)

// maxSaid bounds how much of an answer is looked at, in bytes.
const maxSaid = 64 << 10

// MaxReason bounds the reason of a fault, in characters.
const MaxReason = 300

// Reason says why the target refused, on one line: the status, and what the answer says in
// the fields in which APIs say such things. Secrets of the client are masked.
func Reason(l model.Link, r model.Response) string {
	status := strconv.Itoa(r.Status)
	if text := http.StatusText(r.Status); text != "" {
		status += " " + text
	}
	c := l.Client()
	said := wire.RedactorFor(&c).Line(said(r.Body), MaxReason-len(status)-2)
	if said == "" {
		return status
	}
	return Clip(status + ": " + said)
}

// said finds the words in an error body: RFC 9457, OData, and what is common.
func said(body []byte) string {
	body = body[:min(len(body), maxSaid)]
	text := strings.TrimSpace(string(body))
	switch {
	case strings.HasPrefix(text, "<"):
		return "" // a page for people
	case !strings.HasPrefix(text, "{"):
		return strings.Join(strings.Fields(text), " ")
	}
	for _, name := range []string{"detail", "error.message.value", "error.message", "message", "error_description", "title", "error", "errors.0.message", "errors.0.detail", "errors.0"} {
		if said, ok := record.Text(record.Field(body, name)); ok && said != "" {
			return strings.Join(strings.Fields(said), " ")
		}
	}
	return strings.Join(strings.Fields(text), " ")
}

// Clip makes text fit to be the reason of a fault: printable, and not too long.
func Clip(text string) string {
	runes := []rune(model.Printable(text))
	if len(runes) > MaxReason {
		return string(runes[:MaxReason-1]) + "…"
	}
	return string(runes)
}
