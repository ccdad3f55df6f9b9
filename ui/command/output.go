package command

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"text/tabwriter"
	"time"

	"ferry/model"
)

// list is the JSON shape of every list. Next continues it; null at its end.
type list[T any] struct {
	Items []T     `json:"items"`
	Next  *string `json:"next"`
}

func listOf[T any](items []T, next string) list[T] {
	l := list[T]{Items: items}
	if l.Items == nil {
		l.Items = []T{}
	}
	if next != "" {
		l.Next = &next
	}
	return l
}

// writeJSON writes one JSON document and a newline, <, > and & as themselves.
func writeJSON(w io.Writer, v any) {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		slog.Error("output not written", "err", err) // the writer remembers its own failure
	}
}

// show prints the document for scripts or the text for people.
func (a *app) show(document any, text func(w io.Writer)) error {
	if a.json() {
		writeJSON(a.out, document)
		return nil
	}
	text(a.out)
	return nil
}

// say prints one line for people.
func say(format string, args ...any) func(io.Writer) {
	return func(w io.Writer) { fmt.Fprintln(w, model.Printable(fmt.Sprintf(format, args...))) }
}

// note prints what a whole sentence says beside the result; the field is for scripts.
func (a *app) note(field, message string) {
	if a.json() {
		writeJSON(a.errOut, map[string]model.FieldError{"warning": {Field: field, Message: message}})
		return
	}
	fmt.Fprintln(a.errOut, "ferry: note: "+model.Printable(message))
}

// warn prints what the person should know beside the result.
func (a *app) warn(warnings []model.FieldError) {
	for _, f := range warnings {
		if a.json() {
			writeJSON(a.errOut, map[string]model.FieldError{"warning": f})
		} else {
			fmt.Fprintln(a.errOut, "ferry: note: "+model.Printable(f.Field+": "+f.Message))
		}
	}
}

// table prints rows in columns, without blanks at the end of a line.
func table(w io.Writer, rows [][]string) {
	var aligned strings.Builder
	t := tabwriter.NewWriter(&aligned, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		cells := make([]string, len(row))
		for i, c := range row {
			cells[i] = model.Printable(c)
		}
		fmt.Fprintln(t, strings.Join(cells, "\t"))
	}
	_ = t.Flush()
	for line := range strings.Lines(aligned.String()) {
		fmt.Fprintln(w, strings.TrimRight(line, " \n"))
	}
}

// utc is a time as documented for every output.
func utc(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// utcOrNull is utc, nil for the zero time.
func utcOrNull(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	s := utc(t)
	return &s
}

// span is a duration in its largest unit, as lists show it.
func span(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%ds", max(0, int(d.Seconds())))
	case d < time.Hour:
		return fmt.Sprintf("%dm", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh", int(d.Hours()))
	}
	return fmt.Sprintf("%dd", int(d.Hours()/24))
}
