package token

import (
	"context"
	"fmt"
	"time"

	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/model/clients"
	"ferry/model/tokens"
	"ferry/ui/screen"
	"ferry/ui/screens/savefile"
	"ferry/ui/widget"
)

// question is what an open overlay of the panel asks.
type question int

const (
	askNothing question = iota
	askCopy
	askRevoke
	askResend
	askActivate
	askPath
	askOverwrite
	askLogin
)

// way is how a token leaves ferry. Every way but the masked curl line is a reveal.
type way int

const (
	handShow way = iota + 1
	handToken
	handHeader
	handCurl
	handSave
	handOverwrite
)

// handed is a token on its way out.
type handed struct {
	way   way
	token model.Token
	path  string
}

// shownFor is how long a revealed token stays on screen.
const shownFor = 10 * time.Second

func (p *Panel) openCopy() tea.Cmd {
	none := ""
	if !p.known.Token.Access.IsSet() {
		none = "there is no token yet"
	}
	noHeader := none
	if p.client.Auth.Place.Query != "" {
		noHeader = "it goes in the query"
	}
	items := []widget.MenuItem{
		{Key: "t", Label: "Token", Value: handToken, Disabled: none},
		{Key: "h", Label: "Authorization header", Value: handHeader, Disabled: noHeader},
		{Key: "c", Label: "curl lines, secrets masked", Value: handCurl},
		{Key: "v", Label: "Show it here for 10 s", Value: handShow, Disabled: none},
	}
	if !p.env.Restricted {
		items = append(items, widget.MenuItem{Key: "s", Label: "Save to a file (0600) …", Value: handSave, Disabled: none})
	}
	p.asking = askCopy
	return screen.Send(screen.Open{Overlay: widget.NewMenu(p.env.Styles, "To the terminal's clipboard", items)})
}

// handOver reveals the token, which is audited, and hands it out one way.
func (p *Panel) handOver(w way, path string) tea.Cmd {
	hub, space, c := p.env.Hub, p.env.Hub.Space, *p.client
	return screen.Start(p.env.Ctx, p.id, &p.hand, func(ctx context.Context) (handed, error) {
		t, err := hub.Tokens.Reveal(ctx, space, &c)
		out := handed{way: w, token: t, path: path}
		if err != nil || path == "" {
			return out, err
		}
		return out, savefile.Write(path, []byte(t.Access.Reveal()+"\n"), w == handOverwrite)
	})
}

func (p *Panel) handedOver(r screen.Reply[handed]) tea.Cmd {
	if !screen.Accept(&p.hand, r) {
		return nil
	}
	h := r.Value
	if r.Err != nil {
		e := model.AsError(r.Err)
		if e.Code == model.EExists {
			p.asking, p.path = askOverwrite, h.path
			return screen.Send(screen.Open{Overlay: widget.NewConfirm(p.env.Styles, widget.ConfirmOptions{
				Title: "Overwrite the file?", Body: []string{e.Message + "."}, Yes: "Overwrite", Danger: true,
			})})
		}
		return screen.Send(screen.Notice{Level: screen.Failure, Text: e.Message})
	}
	switch h.way {
	case handShow:
		p.show(h.token.Access)
	case handToken:
		return sent("the token", h.token.Access.Reveal())
	case handHeader:
		name, value := tokens.Header(p.client, h.token)
		return sent("the header", name+": "+value.Reveal())
	case handSave, handOverwrite:
		return screen.Send(screen.Notice{Level: screen.Success, Text: "Saved the token to " + h.path + ", readable by you alone"})
	}
	return nil
}

// sent hands text to the terminal. OSC 52 is never acknowledged, so nothing is claimed.
func sent(what, text string) tea.Cmd {
	return tea.Batch(tea.SetClipboard(text), screen.Send(screen.Notice{
		Text: fmt.Sprintf("%s was sent to the terminal's clipboard; if it did not arrive, y offers other ways", what),
	}))
}

func (p *Panel) show(s model.Secret) {
	p.shown, p.shownUntil = s, p.env.Hub.Now().Add(shownFor)
}

func (p *Panel) hide() { p.shown = model.Secret{} }

// showing reports whether the token is on screen. The clock alone decides, so that a
// token is gone after its time even when no tick came.
func (p *Panel) showing() bool {
	return p.shown.IsSet() && p.env.Hub.Now().Before(p.shownUntil)
}

// Resume implements screen.Resumer.
func (p *Panel) Resume(result any) tea.Cmd {
	asked := p.asking
	p.asking = askNothing
	if result == nil || p.client == nil {
		if p.act.Running() {
			return nil
		}
		return p.reload() // back from another screen
	}
	switch asked {
	case askCopy:
		return p.copyChosen(result)
	case askRevoke:
		return p.revoke()
	case askResend:
		if p.needsPerson() {
			return p.signIn()
		}
		return p.get(true)
	case askActivate:
		name, _ := result.(string)
		return p.activateWith(name)
	case askPath:
		path, _ := result.(string)
		return p.handOver(handSave, path)
	case askLogin:
		if w, ok := result.([2]string); ok {
			return sent(w[0], w[1])
		}
		return nil
	case askOverwrite:
		return p.handOver(handOverwrite, p.path)
	}
	return p.reload()
}

func (p *Panel) copyChosen(result any) tea.Cmd {
	switch w, _ := result.(way); w {
	case handCurl:
		return sent("the curl text", clients.Curl(p.client))
	case handSave:
		p.asking = askPath
		return screen.Send(screen.Open{Overlay: widget.NewPrompt(p.env.Styles, widget.PromptOptions{
			Title: "Save the token", Body: []string{"The file is readable by you alone. Whoever has the token can use it until it expires."},
			Label: "File", Value: p.client.Name + ".token", Check: needFile,
		})})
	case handShow, handToken, handHeader:
		return p.handOver(w, "")
	}
	return nil
}

func needFile(s string) string {
	if s == "" {
		return "a file name is needed"
	}
	return ""
}
