package form

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	bubbles "charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/model/clients"
	"ferry/ui/widget/sheet"
)

// cleared is how the check words that a stored secret goes. Each such field says so
// in its own place, and the field that moved names them all at once.
const cleared = "the stored secret is cleared"

// messages returns what stands below a row: what is wrong once it was left, what the
// person should know, and a hint for the item with the focus.
func (f *Form) messages(r *sheet.Row) []sheet.Message {
	var out []sheet.Message
	for _, field := range r.Fields {
		if said := f.said[field]; said != "" {
			out = append(out, say(sheet.Error, said))
			continue
		}
		if f.touched[field] {
			for _, p := range f.report.Problems {
				if f.localField(p.Field) == field {
					out = append(out, say(sheet.Error, p.Message))
				}
			}
		}
		for _, w := range f.report.Warnings {
			if f.localField(w.Field) == field && f.touched[field] && !strings.HasPrefix(w.Message, cleared) {
				out = append(out, say(sheet.Warn, w.Message))
			}
		}
		if theirs, ok := f.theirs[field]; ok {
			out = append(out, say(sheet.Warn, "changed on both sides, yours is kept; theirs: "+theirs))
		}
		if f.missing(field) {
			out = append(out, say(sheet.Warn, "missing: nothing is sent until it is given"))
		}
		if text := f.moveText(field); text != "" {
			out = append(out, say(sheet.Warn, text))
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

// secretItem is the field of a secret; an empty one over a stored secret says what
// becomes of that.
func (f *Form) secretItem(key string, s *secretInput) *sheet.Item {
	it := &sheet.Item{Key: key, Kind: sheet.Text, Line: s.line, After: func() {
		if !s.line.Empty() {
			s.cleared = false
		}
	}}
	if !s.stored || !s.line.Empty() {
		return it
	}
	shows := model.Mask + " (stored)"
	it.Hint = "kept as it is; type to replace it, del to clear it"
	switch {
	case s.cleared:
		shows, it.Hint = "(cleared on saving)", "cleared on saving; del keeps it after all"
	case f.moved:
		shows, it.Hint = "(cleared: give it again)", "the client now points elsewhere: give it again"
	}
	it.Show = func() string { return shows }
	it.First = func(k tea.KeyPressMsg) bool {
		forgets := bubbles.Matches(k, keyForget)
		if forgets {
			s.cleared = !s.cleared
		}
		return forgets
	}
	return it
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

// say makes a message of what a rule said.
func say(tone sheet.Tone, text string) sheet.Message {
	return sheet.Message{Tone: tone, Text: flag.ReplaceAllString(text, "")}
}
