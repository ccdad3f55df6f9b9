package server

import (
	"context"
	"net/url"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/model/serving"
	"ferry/ui/screen"
	"ferry/ui/screens/flow"
	"ferry/ui/widget"
)

// menu opens the menu of more actions.
func (s *Server) menu() tea.Cmd {
	items := []widget.MenuItem{
		{Key: "r", Label: "Rotate signing key …", Value: s.rotate},
		{Key: "e", Label: "Settings …", Value: s.chooseSetting},
		{Key: "t", Label: "Copy token URL", Note: s.place(), Value: s.copyTokenURL},
		{Key: "d", Label: "Copy metadata URL", Note: "for discovery", Value: s.copyMetadataURL},
	}
	return s.choose("More actions · Server", items)
}

func (s *Server) copyMenu() tea.Cmd {
	return s.choose("Copy · Server", []widget.MenuItem{
		{Key: "t", Label: "Token URL", Note: s.place(), Value: s.copyTokenURL},
		{Key: "d", Label: "Metadata URL", Note: "for discovery", Value: s.copyMetadataURL},
	})
}

// place says whose URLs are copied.
func (s *Server) place() string { return "of the space " + model.Printable(s.env.Hub.Space.Name) }

// choose opens a menu whose values are what to do.
func (s *Server) choose(title string, items []widget.MenuItem) tea.Cmd {
	if s.flow.Busy() {
		return s.flow.Refuse()
	}
	return s.flow.Open(widget.NewMenu(s.env.Styles, title, items), func(v any) tea.Cmd { return v.(func() tea.Cmd)() })
}

// base is the URL under which the hub is reached: what the server says, or else what it
// would say.
func (s *Server) base() string {
	if s.status != nil && s.status.URL != "" {
		return s.status.URL
	}
	if u := s.setting("public_url"); u != "" {
		return u
	}
	return "http://" + s.setting("listen")
}

// below is the part of a path that stands for the space that is worked in.
func (s *Server) below() string {
	name := s.env.Hub.Space.Name
	if name == model.DefaultSpace {
		return ""
	}
	return "/spaces/" + url.PathEscape(name)
}

func (s *Server) copyTokenURL() tea.Cmd {
	return s.copy("Token URL", s.base()+s.below()+"/oauth2/token")
}

// copyMetadataURL copies where RFC 8414 §3 puts the metadata of the space's issuer.
func (s *Server) copyMetadataURL() tea.Cmd {
	return s.copy("Metadata URL", s.base()+"/.well-known/oauth-authorization-server"+s.below())
}

// copy sends a URL to the terminal's clipboard, and shows it as well: nobody acknowledges
// that it arrived.
func (s *Server) copy(what, text string) tea.Cmd {
	title := what + ", sent to the terminal's clipboard"
	return tea.Batch(tea.SetClipboard(text), screen.Send(screen.Open{Overlay: widget.NewShow(s.env.Styles, title, []string{model.Printable(text)})}))
}

// rotate asks how long the next key is published before it signs.
func (s *Server) rotate() tea.Cmd {
	ask := func(lead time.Duration) func() tea.Cmd { return func() tea.Cmd { return s.confirmRotation(lead) } }
	return s.choose("Rotate signing key: the new one signs", []widget.MenuItem{
		{Key: "1", Label: "in 10 minutes", Note: "recommended", Value: ask(serving.Lead)},
		{Key: "2", Label: "in 1 hour", Note: "systems keep our keys for longer", Value: ask(time.Hour)},
		{Key: "3", Label: "in 24 hours", Value: ask(24 * time.Hour)},
		{Key: "0", Label: "at once", Note: "others may refuse its tokens at first", Value: ask(0)},
	})
}

func (s *Server) confirmRotation(lead time.Duration) tea.Cmd {
	h := s.env.Hub
	body := []string{"A new key is published now. The present one stays valid until its last token has expired."}
	if lead > 0 {
		body = append(body, "The new one signs from "+h.Now().Add(lead).UTC().Format("15:04")+" UTC.")
	} else {
		body = append(body, "The new one signs at once: systems that keep a copy of our keys refuse its tokens until they read them again.")
	}
	return s.flow.Open(widget.NewConfirm(s.env.Styles, widget.ConfirmOptions{
		Title: "Rotate the signing key?", Body: body, Yes: "Rotate", Danger: lead == 0,
	}), func(any) tea.Cmd {
		return s.flow.Start(func(ctx context.Context) (flow.Outcome, error) {
			k, err := h.Serving.Rotate(ctx, lead)
			return flow.Outcome{Done: true, Text: "Published the signing key " + string(k.ID) + "; it signs from " + k.ActiveFrom.UTC().Format("15:04:05") + " UTC"}, err
		})
	})
}

// chooseSetting lets one of the settings be chosen.
func (s *Server) chooseSetting() tea.Cmd {
	items := make([]widget.MenuItem, len(s.stored.settings))
	for i, have := range s.stored.settings {
		note := dash(model.Printable(have.Value))
		if have.Default && have.Value != "" {
			note += " (default)"
		}
		items[i] = widget.MenuItem{Label: have.Name, Note: note, Value: func() tea.Cmd { return s.edit(have) }}
	}
	if len(items) == 0 {
		return screen.Send(screen.Notice{Level: screen.Warning, Text: "the settings could not be read; R tries again"})
	}
	return s.choose("Settings of the server", items)
}

// soonTaken are the settings that do not wait for a server to start.
var soonTaken = []string{"algorithm", "default_ttl", "rotate_every"}

// edit asks for the value of one setting. What the rules refuse can be typed again.
func (s *Server) edit(have serving.Setting) tea.Cmd {
	value := have.Value
	if have.Default {
		value = ""
	}
	return s.askSetting(have, value, "")
}

func (s *Server) askSetting(have serving.Setting, value, refused string) tea.Cmd {
	h := s.env.Hub
	body := []string{model.Printable(have.Help)}
	empty := "Empty takes it away."
	if have.Default && have.Value != "" {
		empty = "Empty leaves the default: " + model.Printable(have.Value) + "."
	} else if !have.Default {
		empty = "Empty takes it back to its default."
	}
	body = append(body, empty)
	if refused != "" {
		body = append(body, "", "✗ "+refused)
	}
	prompt := widget.NewPrompt(s.env.Styles, widget.PromptOptions{Title: "Setting " + have.Name, Body: body, Label: have.Name, Value: value})
	return s.flow.Open(prompt, func(v any) tea.Cmd {
		typed := v.(string)
		if refused == "" && typed == value {
			return nil
		}
		return s.flow.Start(func(ctx context.Context) (flow.Outcome, error) {
			_, err := h.Serving.Set(ctx, have.Name, typed)
			if model.CodeOf(err) == model.EInvalid {
				why := model.AsError(err).Message
				return flow.Outcome{Next: func() tea.Cmd { return s.askSetting(have, typed, why) }}, nil
			}
			did := "Set " + have.Name
			if typed == "" {
				did = have.Name + " is back at its default"
			}
			if !slices.Contains(soonTaken, have.Name) {
				did += "; a server takes it when it starts"
			}
			return flow.Outcome{Done: true, Text: did}, err
		})
	})
}
