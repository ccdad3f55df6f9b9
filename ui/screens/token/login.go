package token

import (
	"context"
	"strings"

	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/model/tokens"
	"ferry/ui/screen"
	"ferry/ui/widget"
)

// needsPerson reports whether no new token comes without a person: the device grant
// (RFC 8628) without a refresh token.
func (p *Panel) needsPerson() bool {
	return p.client != nil && p.client.Auth.Grant == model.GrantDevice && !p.known.Refresh
}

// signIn asks for a code to show; acted goes on with waiting.
func (p *Panel) signIn() tea.Cmd {
	hub, space, c := p.env.Hub, p.env.Hub.Space, *p.client
	return p.start("asking for a code to sign in with", func(ctx context.Context) (outcome, error) {
		l, err := hub.Tokens.StartLogin(ctx, space, &c)
		if err != nil {
			return p.after(ctx, &c, outcome{}, err)
		}
		return outcome{login: &l}, nil
	})
}

// await shows the code and waits until the person has decided.
func (p *Panel) await(l *tokens.Login) tea.Cmd {
	hub, space, c := p.env.Hub, p.env.Hub.Space, *p.client
	wait := p.start("signing in", func(ctx context.Context) (outcome, error) {
		_, err := hub.Tokens.WaitLogin(ctx, space, &c, *l)
		return p.after(ctx, &c, outcome{done: "Signed in: the token is here"}, err)
	})
	p.login, p.top = l, 0
	return wait
}

// loginLines stand in place of the panel while a person signs in.
func (p *Panel) loginLines() []string {
	st, d := p.env.Styles, &p.login.Device
	out := p.row("Sign in", st.Info.Render("… a person must allow this client")+": open the page on any device and type the code")
	out = append(out, p.warnings()...)
	out = append(out, "")
	out = append(out, p.row("Page", st.Bold.Render(model.Printable(d.URL)))...)
	out = append(out, "")
	spaced := strings.Join(strings.Split(model.Printable(d.UserCode), ""), " ")
	if widget.Width(spaced)+8 > p.size.width-labelCells-2 {
		spaced = model.Printable(d.UserCode)
	}
	if rule := strings.Repeat("━", widget.Width(spaced)+6); widget.Width(rule)+2 <= p.size.width-labelCells-2 {
		side := st.Accent.Render("┃")
		out = append(out, p.row("Code", st.Accent.Render("┏"+rule+"┓"), side+"   "+st.Bold.Render(spaced)+"   "+side, st.Accent.Render("┗"+rule+"┛"))...)
	} else {
		out = append(out, p.row("Code", st.Bold.Render(spaced))...)
	}
	out = append(out, "")
	now := p.env.Hub.Now()
	bar := min(max(p.size.width-labelCells-34, 5), 30)
	out = append(out, p.row("Waiting", widget.Countdown(st, d.Expires.Sub(now), d.Expires.Sub(p.began), bar))...)
	return append(out, p.row("", st.Muted.Render("y copies the code or the page, esc cancels"))...)
}

// openLoginCopy offers what a person needs on the other device.
func (p *Panel) openLoginCopy() tea.Cmd {
	d := &p.login.Device
	none := ""
	if d.URLComplete == "" {
		none = "the server gave none"
	}
	p.asking = askLogin
	return screen.Send(screen.Open{Overlay: widget.NewMenu(p.env.Styles, "To the terminal's clipboard", []widget.MenuItem{
		{Key: "c", Label: "The code", Value: [2]string{"the code", d.UserCode}},
		{Key: "p", Label: "The page", Value: [2]string{"the page", d.URL}},
		{Key: "w", Label: "The page with the code in it", Value: [2]string{"the page", d.URLComplete}, Disabled: none},
	})})
}
