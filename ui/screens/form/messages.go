package form

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"ferry/model"
	"ferry/model/clients"
	"ferry/ui/widget"
)

// tone is how a message below a field is meant.
type tone int

const (
	toneHint tone = iota
	toneWarn
	toneError
)

type message struct {
	tone tone
	text string
}

// cleared is how the check words that a stored secret goes. Each such field says so
// in its own place, and the field that moved names them all at once.
const cleared = "the stored secret is cleared"

// messages returns what stands below a row: what is wrong once it was left, what the
// person should know, and a hint for the item with the focus.
func (f *Form) messages(r *row) []message {
	var out []message
	for _, field := range r.fields {
		if said := f.said[field]; said != "" {
			out = append(out, message{toneError, said})
			continue
		}
		if f.touched[field] {
			for _, p := range f.report.Problems {
				if f.localField(p.Field) == field {
					out = append(out, message{toneError, p.Message})
				}
			}
		}
		for _, w := range f.report.Warnings {
			if f.localField(w.Field) == field && f.touched[field] && !strings.HasPrefix(w.Message, cleared) {
				out = append(out, message{toneWarn, w.Message})
			}
		}
		if theirs, ok := f.theirs[field]; ok {
			out = append(out, message{toneWarn, "changed on both sides, yours is kept; theirs: " + theirs})
		}
		if f.missing(field) {
			out = append(out, message{toneWarn, "missing: nothing is sent until it is given"})
		}
		if text := f.moveText(field); text != "" {
			out = append(out, message{toneWarn, text})
		}
	}
	for _, it := range r.all() {
		if hint := f.hint(it); it.key == f.focus && hint != "" {
			out = append(out, message{toneHint, hint})
		}
	}
	return out
}

// missing reports whether the stored client lacks the secret of a field, and the form
// still does.
func (f *Form) missing(field string) bool {
	if f.stored == nil || f.moved {
		return false
	}
	for _, h := range f.in.headers {
		if h.id == field {
			field = "headers." + strings.TrimSpace(h.name.Value())
			if !h.value.line.Empty() {
				return false
			}
		}
	}
	switch {
	case field == "client_secret" && !f.in.secret.line.Empty(), field == "password" && !f.in.password.line.Empty():
		return false
	}
	return slices.Contains(clients.Missing(f.stored), field)
}

// hint says what can be done with the focused item where that is not plain to see.
func (f *Form) hint(it *item) string {
	switch s := it.secret; {
	case s == nil:
		return it.hint
	case s.stored && s.line.Empty() && s.cleared:
		return "cleared on saving; del keeps it after all"
	case s.stored && s.line.Empty() && f.moved:
		return "the client now points elsewhere: give it again"
	case s.stored && s.line.Empty():
		return "kept as it is; type to replace it, del to clear it"
	}
	return it.hint
}

// moveText says at the field that points the client elsewhere which secrets go.
func (f *Form) moveText(field string) string {
	if !f.moved || field != f.movedField() {
		return ""
	}
	var names []string
	for _, w := range f.report.Warnings {
		if strings.HasPrefix(w.Message, cleared) {
			names = append(names, f.fieldLabel(w.Field))
		}
	}
	if len(names) == 0 {
		return ""
	}
	return "this points elsewhere: stored secrets are cleared on saving unless given again here: " + strings.Join(names, ", ")
}

// movedField returns the field whose change moves the client.
func (f *Form) movedField() string {
	d := f.draft()
	switch a := &f.stored.Auth; {
	case model.Origin(d.BaseURL) != model.Origin(f.stored.BaseURL):
		return "base_url"
	case model.Origin(d.TokenURL) != model.Origin(a.TokenURL) && f.in.oauth:
		return "token_url"
	case model.Origin(d.Issuer) != model.Origin(a.Issuer) && f.in.oauth:
		return "issuer"
	}
	return "tls"
}

// localField translates a field of the model into the form's: headers are numbered
// there as they are saved, and have ids here.
func (f *Form) localField(field string) string {
	rest, ok := strings.CutPrefix(field, "headers.")
	if !ok {
		return field
	}
	n, err := strconv.Atoi(rest)
	if err != nil {
		return field
	}
	for _, h := range f.in.headers {
		if h.blank() {
			continue
		}
		if n == 0 {
			return h.id
		}
		n--
	}
	return "headers"
}

func (f *Form) hasField(field string) bool {
	return slices.ContainsFunc(f.rows(), func(r row) bool { return slices.Contains(r.fields, field) })
}

// fieldLabel returns a field as the form calls it.
func (f *Form) fieldLabel(field string) string {
	local := f.localField(field)
	for _, h := range f.in.headers {
		if h.id == local {
			return model.Printable(h.name.Value())
		}
	}
	return fieldName(field)
}

// fieldName returns a field's name in words.
func fieldName(field string) string {
	switch field {
	case "base_url":
		return "Base URL"
	case "token_url":
		return "Access token URL"
	case "client_id":
		return "Client ID"
	case "client_secret":
		return "Client secret"
	case "username":
		return "Username"
	}
	if field == "" {
		return ""
	}
	name := strings.ReplaceAll(field, "_", " ")
	return strings.ToUpper(name[:1]) + name[1:]
}

// flag is how a message of the check names the flag of a command, which is of no use here.
var flag = regexp.MustCompile(` \(--[a-z-]+\)`)

// render makes lines of a message, at most width cells wide. The sign at its front
// says how it is meant where there are no colours.
func (f *Form) render(m message, width int) []string {
	st, sign := f.env.Styles.Muted, "· "
	switch m.tone {
	case toneWarn:
		st, sign = f.env.Styles.FieldWarn, "! "
	case toneError:
		st, sign = f.env.Styles.FieldError, "✗ "
	}
	text := flag.ReplaceAllString(m.text, "")
	lines := widget.Wrap(model.Printable(text), max(width-2, 1))
	for i, l := range lines {
		lead := "  "
		if i == 0 {
			lead = sign
		}
		lines[i] = st.Render(lead + l)
	}
	return lines
}
