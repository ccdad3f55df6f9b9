package form

import (
	"slices"
	"strconv"
	"strings"

	bubbles "charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/model/clients"
	"ferry/ui/screens/editing"
	editor "ferry/ui/widget/field"
	"ferry/ui/widget/sheet"
)

// cleared is how the check words that a stored secret goes. Each such field says so
// in its own place, and the field that moved names them all at once.
const cleared = "the stored secret is cleared"

// beside is what the person should know of a field, wrong or not.
func (f *Form) beside(field string) []sheet.Message {
	out := f.offerMessages(field)
	if p := f.pems()[field]; p != nil && p.found() != "" {
		out = append(out, editing.Message(sheet.Hint, "in the file: "+p.found()))
	}
	for _, w := range f.report.Warnings {
		if f.localField(w.Field) == field && (f.Touched(field) || field == "insecure") && !strings.HasPrefix(w.Message, cleared) {
			out = append(out, editing.Message(sheet.Warn, w.Message))
		}
	}
	if f.missing(field) {
		out = append(out, editing.Message(sheet.Warn, "missing: nothing is sent until it is given"))
	}
	if text := f.moveText(field); text != "" {
		out = append(out, editing.Message(sheet.Warn, text))
	}
	return out
}

// missing reports whether the stored client lacks the secret of a field, and the form
// still does.
func (f *Form) missing(field string) bool {
	if f.stored == nil || f.moved {
		return false
	}
	for _, h := range f.allHeaders() {
		if h.id == field {
			field = "headers." + h.name.Text()
			if h.token {
				field = "token_" + field
			}
			if !h.value.line.Empty() {
				return false
			}
		}
	}
	in := &f.in
	if l := map[string]*editor.Line{
		"client_secret": in.secret.line, "password": in.password.line, "key": in.key.line,
		"cert_key": in.tlsKey.line, "proxy_password": in.proxyPassword.line,
	}[field]; l != nil && !l.Empty() {
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
	var shows string
	shows, it.Hint = f.storedText(s)
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

// storedText is what stands in the empty field of a stored secret, and its hint.
func (f *Form) storedText(s *secretInput) (shows, hint string) {
	switch {
	case s.cleared:
		return "(cleared on saving)", "cleared on saving; del keeps it after all"
	case f.moved:
		return "(cleared: give it again)", "the client now points elsewhere: give it again"
	}
	return model.Mask + " (stored)", "kept as it is; type to replace it, del to clear it"
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
	a, t := &f.stored.Auth, &f.stored.TLS
	switch {
	case model.Origin(d.BaseURL) != model.Origin(f.stored.BaseURL):
		return "base_url"
	case model.Origin(d.TokenURL) != model.Origin(a.TokenURL) && f.in.oauth:
		return "token_url"
	case model.Origin(d.Issuer) != model.Origin(a.Issuer) && f.in.oauth:
		return "issuer"
	case model.Origin(d.DeviceURL) != model.Origin(a.DeviceURL) && f.in.oauth:
		if !f.in.device {
			return "grant"
		}
		return "device_url"
	case d.TLS.CAPEM == t.CAPEM && d.TLS.ServerName == t.ServerName && d.TLS.Insecure == t.Insecure:
		return secTransport
	}
	return secTLS
}

// allHeaders are the rows of headers of either kind.
func (f *Form) allHeaders() []*headerRow {
	return append(slices.Clone(f.in.headers), f.in.tokenHeaders...)
}

// localField translates a field of the model into the form's: headers are numbered
// there as they are saved, and have ids here.
func (f *Form) localField(field string) string {
	for prefix, rows := range map[string][]*headerRow{"headers.": f.in.headers, "token_headers.": f.in.tokenHeaders} {
		rest, ok := strings.CutPrefix(field, prefix)
		n, err := strconv.Atoi(rest)
		if !ok || err != nil {
			continue
		}
		for _, h := range rows {
			if h.blank() {
				continue
			}
			if n == 0 {
				return h.id
			}
			n--
		}
		return strings.TrimSuffix(prefix, ".")
	}
	return field
}

// fieldLabel returns a field as the form calls it.
func (f *Form) fieldLabel(field string) string {
	local := f.localField(field)
	for _, h := range f.allHeaders() {
		if h.id == local {
			return model.Printable(h.name.Value())
		}
	}
	return fieldName(field)
}

// names are the fields that the form calls by another name than the model.
//
//nolint:gosec // labels, not credentials
var names = map[string]string{
	"base_url": "Base URL", "token_url": "Access token URL", "client_id": "Client ID", "client_secret": "Client secret",
	"username": "Username", "device_url": "Device URL", "key": "Private key", "key_id": "Key ID", "key_alg": "Algorithm",
	"key_audience": "Addressed to", "ca": "CA file", "cert": "Client certificate", "cert_key": "Key of the certificate",
	"insecure": "Insecure", "place": "Place of the token", "cors_origins": "Web pages of", "cors_methods": "Methods of web pages", "send": "Send credentials in",
}

// fieldName returns a field's name in words.
func fieldName(field string) string {
	if name := names[field]; name != "" {
		return name
	}
	if field == "" {
		return ""
	}
	name := strings.ReplaceAll(field, "_", " ")
	return strings.ToUpper(name[:1]) + name[1:]
}
