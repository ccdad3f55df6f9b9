package record

import (
	"strconv"

	"ferry/model"
	"ferry/ui/theme"
	"ferry/ui/widget"
)

// Fields collects the lines of a page: labels, each with a value that wraps below itself.
type Fields struct {
	Lines []string

	styles       *theme.Styles
	width, label int
}

// NewFields returns no line yet, for a page of width cells of which the labels take some.
func NewFields(st *theme.Styles, width, label int) Fields {
	return Fields{styles: st, width: width, label: label}
}

// Room is how many cells a line of a value has.
func (f *Fields) Room() int { return max(f.width-f.label-4, 10) }

// Labelled is a line of a value behind its label.
func (f *Fields) Labelled(label, line string) string {
	return "   " + f.styles.Muted.Render(widget.Fit(label, f.label)) + line
}

// Field adds a label and a value.
func (f *Fields) Field(label, value string) {
	for _, l := range widget.Wrap(value, f.Room()) {
		f.Lines = append(f.Lines, f.Labelled(label, l))
		label = ""
	}
}

// Text adds a field of outside text, nothing when it is empty.
func (f *Fields) Text(label, value string) {
	if value != "" {
		f.Field(label, model.Printable(value))
	}
}

// History adds who made a record, and who changed it last.
func (f *Fields) History(created, updated model.Stamp, revision uint64) {
	f.Field("Created", Stamp(created))
	if revision > 1 {
		f.Field("Changed", Stamp(updated)+", revision "+strconv.FormatUint(revision, 10))
	}
}

// Stamp is who did something, and when.
func Stamp(s model.Stamp) string {
	return s.At.UTC().Format("2006-01-02 15:04") + " UTC by " + model.Printable(s.By)
}
