package token

import (
	"context"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/model/tokens"
	"ferry/ui/keymap"
	"ferry/ui/screen"
	"ferry/ui/widget"
)

// outcome is what an action came to, and what is cached since.
type outcome struct {
	done   string        // what is said when it went well
	note   string        // said in its place, as a warning
	known  *tokens.Panel // nil when it is not known anew
	client *model.Client // nil when it is as before
	login  *tokens.Login // what a person signs in with; waiting for them is next
	said   *introspection
	aside  *model.Exchange // one that is no token request
}

// Update implements screen.Screen.
func (p *Panel) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case screen.Reply[read]:
		return p.loaded(msg)
	case screen.Reply[outcome]:
		return p.acted(msg)
	case screen.Reply[model.Claims]:
		if screen.Accept(&p.decode, msg) {
			p.claims = &msg.Value
		}
	case screen.Reply[handed]:
		return p.handedOver(msg)
	case screen.Changed:
		if !p.act.Running() {
			return p.reload()
		}
	case screen.Tick:
		if !p.showing() {
			p.hide()
		}
	case tea.KeyPressMsg:
		return p.key(msg)
	}
	return nil
}

func (p *Panel) key(k tea.KeyPressMsg) tea.Cmd {
	switch {
	case key.Matches(k, keyCancel):
		if p.Back() {
			return nil
		}
		return screen.Send(screen.Pop{})
	case p.login == nil && len(p.exchanges()) > 1 && key.Matches(k, keyOlder):
		p.choose(1)
	case p.login == nil && len(p.exchanges()) > 1 && key.Matches(k, keyNewer):
		p.choose(-1)
	case key.Matches(k, keymap.Down):
		p.scroll(1)
	case key.Matches(k, keymap.Up):
		p.scroll(-1)
	case key.Matches(k, keymap.HalfDown):
		p.scroll(max(p.size.height/2, 1))
	case key.Matches(k, keymap.HalfUp):
		p.scroll(-max(p.size.height/2, 1))
	case key.Matches(k, keymap.Top):
		p.scroll(-p.top)
	case key.Matches(k, keymap.Bottom):
		p.scroll(1 << 20)
	case p.login != nil && key.Matches(k, keymap.Copy):
		return p.openLoginCopy()
	case p.act.Running() || p.client == nil:
	default:
		return p.actOn(k)
	}
	return nil
}

// actOn takes the keys that do something with the client or its token.
func (p *Panel) actOn(k tea.KeyPressMsg) tea.Cmd {
	switch {
	case key.Matches(k, keyFetch):
		return p.fetch()
	case key.Matches(k, keymap.Refresh):
		p.failed = nil
		return p.reload()
	case key.Matches(k, keymap.Call):
		p.hide()
		return screen.Send(screen.Push{Route: screen.Call{ID: p.target}})
	case key.Matches(k, keymap.Edit):
		p.hide()
		return screen.Send(screen.Push{Route: screen.EditClient{ID: p.target}})
	case key.Matches(k, keyActivate) && p.client.State == model.Disabled:
		return p.activate()
	case key.Matches(k, keymap.Copy):
		return p.openCopy()
	case key.Matches(k, keyRevoke) && (p.known.Token.Access.IsSet() || p.known.Refresh):
		p.asking = askRevoke
		return screen.Send(screen.Open{Overlay: widget.NewConfirm(p.env.Styles, widget.ConfirmOptions{
			Title: "Revoke this token?",
			Body:  []string{"It is forgotten here and, where the authorization server offers that, revoked there. The next call fetches a new one."},
			Yes:   "Revoke", Danger: true,
		})})
	case !p.known.Token.Access.IsSet():
		if key.Matches(k, keymap.Reveal) || key.Matches(k, keyRevoke) || key.Matches(k, keyAsk) {
			return screen.Send(screen.Notice{Level: screen.Warning, Text: "there is no token: press r to fetch one"})
		}
	case key.Matches(k, keyAsk):
		return p.introspect()
	case key.Matches(k, keymap.Reveal):
		if p.showing() {
			p.hide()
			return nil
		}
		return p.handOver(handShow, "")
	}
	return nil
}

// fetch asks for a token, or a newer one. Credentials that were rejected are sent once
// more only when that is asked for again.
func (p *Panel) fetch() tea.Cmd {
	if why := p.unusable(); why != "" {
		return screen.Send(screen.Notice{Level: screen.Warning, Text: why})
	}
	if p.known.Rejected {
		p.asking = askResend
		return screen.Send(screen.Open{Overlay: widget.NewConfirm(p.env.Styles, widget.ConfirmOptions{
			Title: "Send the rejected credentials once more?",
			Body:  []string{"The authorization server refused them. Repeating that may lock the account there. Edit the client (e) to give the right secret."},
			Yes:   "Send again",
		})})
	}
	if p.needsPerson() {
		return p.signIn()
	}
	return p.get(p.known.Token.Access.IsSet())
}

func (p *Panel) get(fresh bool) tea.Cmd {
	hub, space, c := p.env.Hub, p.env.Hub.Space, *p.client
	done := "Fetched a token"
	if fresh && p.known.Token.Access.IsSet() {
		done = "Renewed the token"
	}
	return p.start("fetching a token", func(ctx context.Context) (outcome, error) {
		res, err := hub.Tokens.Get(ctx, space, &c, fresh)
		if err == nil && res.Cached {
			done = "Another process had fetched a token already"
		}
		return p.after(ctx, &c, outcome{done: done}, err)
	})
}

// after adds what is cached now to an outcome. It runs inside commands and touches no
// state of the screen.
func (p *Panel) after(ctx context.Context, c *model.Client, o outcome, err error) (outcome, error) {
	if model.CodeOf(err) == model.EInterrupted {
		return o, err
	}
	known, peekErr := p.env.Hub.Tokens.Peek(ctx, c)
	if peekErr == nil {
		o.known = &known
	}
	if err == nil {
		err = peekErr
	}
	return o, err
}

func (p *Panel) start(doing string, fn func(context.Context) (outcome, error)) tea.Cmd {
	p.doing, p.began, p.failed = doing, p.env.Hub.Now(), nil
	return screen.Start(p.env.Ctx, p.id, &p.act, fn)
}

func (p *Panel) acted(r screen.Reply[outcome]) tea.Cmd {
	if !screen.Accept(&p.act, r) {
		return nil
	}
	p.doing, p.login = "", nil
	if r.Value.login != nil {
		return p.await(r.Value.login)
	}
	if r.Err != nil {
		p.failed = model.AsError(r.Err)
	}
	if x := r.Value.aside; x != nil && x.Method != "" {
		p.aside = append(p.aside, *x)
	}
	if r.Value.client != nil {
		p.client = r.Value.client
	}
	var learn tea.Cmd
	if r.Value.known != nil {
		learn = p.learn(*r.Value.known)
	}
	if r.Value.said != nil {
		p.said = r.Value.said
	}
	p.chosen = 0
	p.scroll(-p.top)
	switch {
	case r.Err != nil:
		return learn
	case r.Value.note != "":
		return tea.Batch(learn, screen.Send(screen.Notice{Level: screen.Warning, Text: r.Value.note}))
	}
	return tea.Batch(learn, screen.Send(screen.Notice{Level: screen.Success, Text: r.Value.done}))
}

func (p *Panel) revoke() tea.Cmd {
	hub, space, c := p.env.Hub, p.env.Hub.Space, *p.client
	return p.start("revoking the token", func(ctx context.Context) (outcome, error) {
		res, err := hub.Tokens.Revoke(ctx, space, &c)
		o := outcome{done: "Revoked the token, here and at the authorization server", aside: &res.Exchange}
		if !res.Upstream {
			o.note = "Forgotten here. The authorization server was not asked: no revocation endpoint is known"
		}
		return p.after(ctx, &c, o, err)
	})
}

// introspect asks the authorization server what it says of the token.
func (p *Panel) introspect() tea.Cmd {
	hub, space, c := p.env.Hub, p.env.Hub.Space, *p.client
	return p.start("asking the server about the token", func(ctx context.Context) (outcome, error) {
		text, x, err := hub.Tokens.Introspect(ctx, space, &c)
		o := outcome{done: "The server says that the token is active", aside: &x}
		if err == nil {
			if o.said = introspected(text, hub.Now()); !o.said.active {
				o.note = "The server says that the token is not active: r fetches another"
			}
		}
		return p.after(ctx, &c, o, err)
	})
}

// activate makes a disabled client usable; a protected one asks for its name first.
func (p *Panel) activate() tea.Cmd {
	if p.client.Protected || p.env.Hub.Space.Protected {
		p.asking = askActivate
		return screen.Send(screen.Open{Overlay: widget.NewTypedName(p.env.Styles, widget.TypedNameOptions{
			Title: p.client.Name + " is protected", Body: []string{"Activating lets it fetch tokens and make calls."},
			Name: p.client.Name, Action: "activate",
		})})
	}
	return p.activateWith("")
}

func (p *Panel) activateWith(confirm string) tea.Cmd {
	hub, space, id := p.env.Hub, p.env.Hub.Space, p.target
	return p.start("activating the client", func(ctx context.Context) (outcome, error) {
		c, err := hub.Clients.SetState(ctx, space, id, model.Active, confirm)
		if err != nil {
			return outcome{}, err
		}
		return p.after(ctx, &c, outcome{done: "Activated " + c.Name, client: &c}, nil)
	})
}
