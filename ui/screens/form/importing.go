package form

import (
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/model/curl"
	"ferry/ui/keymap"
	"ferry/ui/screen"
	"ferry/ui/widget"
)

// kinds are what a new client can begin with.
var kinds = []struct{ name, note string }{
	{"API Client", "a REST or OData API over HTTP, with OAuth 2.0 or headers"},
	{"From a curl command", "paste one: URL, headers and credentials fill the form"},
}

// choose takes a key while the kind of a new client is to be chosen.
func (f *Form) choose(k tea.KeyPressMsg) tea.Cmd {
	switch {
	case f.Held(): // the tail of a paste
	case key.Matches(k, keymap.Up), key.Matches(k, keymap.Down):
		f.kind = 1 - f.kind
	case key.Matches(k, keyChoose) && f.kind == 1:
		return f.Flow.Open(newPasted(f.Env.Styles), func(got any) tea.Cmd {
			f.imported(got.(curl.Import))
			return nil
		})
	case key.Matches(k, keyChoose):
		f.Hidden = false
	}
	return nil
}

// looksLikeCurl reports whether text is a command line of curl.
func looksLikeCurl(text string) bool {
	words := strings.Fields(strings.TrimPrefix(strings.TrimSpace(text), "$ "))
	return len(words) > 1 && (words[0] == "curl" || words[0] == "curl.exe")
}

// importLine fills the form from a command line. One that cannot be read changes nothing
// and is not shown, as it may hold a secret.
func (f *Form) importLine(line string) tea.Cmd {
	got, err := curl.Parse(strings.TrimPrefix(strings.TrimSpace(line), "$ "))
	if err != nil {
		return screen.Send(screen.Failed(err))
	}
	f.imported(got)
	return nil
}

// imported fills the form with what a line says. Nothing is stored before it is saved.
func (f *Form) imported(got curl.Import) {
	f.Hidden = false
	f.fill(got.Draft)
	f.notes, f.first = got.Notes, model.Request{}
	if !got.Token {
		f.first = got.Request
	}
	f.Focus = "name"
	f.Recheck()
	for _, p := range f.report.Problems {
		f.uncover(f.localField(p.Field))
	}
}

// asksToCall reports whether the form was saved and came with a request: whether to make
// that is asked then.
func (f *Form) asksToCall() bool {
	return f.saved != nil && (f.first.Path != "" || f.first.Method != "")
}

// offerCall asks, after a save, whether to make the request of the imported line.
func (f *Form) offerCall() tea.Cmd {
	what := model.Printable(f.first.Method + " /" + strings.TrimPrefix(f.first.Path, "/"))
	call := func(yes any) tea.Cmd { return f.leaveFor(yes.(bool)) }
	return f.Ask(f.saved.Client.Name+" is saved", call,
		widget.MenuItem{Key: "x", Label: "Test call", Note: widget.Truncate(what, 40), Value: true},
		widget.MenuItem{Key: "l", Label: "Back to the list", Value: false})
}

// leaveFor leaves the saved form, for a test call of the imported request or for what was
// below.
func (f *Form) leaveFor(call bool) tea.Cmd {
	if call {
		return screen.Send(screen.Replace{Route: screen.Call{ID: f.saved.Client.ID, Request: f.first}})
	}
	return screen.Send(screen.Pop{Result: *f.saved})
}
