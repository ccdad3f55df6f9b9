// Package useractions is what can be done to API users and their keys from more than one
// screen: the menu of more actions, copying, generating and rotating keys, revoking and
// deleting, with the questions that come before.
//
// It imports model, the screen contract and widgets. Every rule is the use-case's; this
// package asks what a use-case will ask for, and shows what it answers.
package useractions

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/model/keys"
	"ferry/ui/screen"
	"ferry/ui/screens/flow"
	"ferry/ui/screens/newkey"
	"ferry/ui/widget"
)

// Target is a user that something is done to, and the key that is meant, if one is.
type Target struct {
	User model.APIUser
	Key  *keys.Summary
}

// Kind is what is done.
type Kind int

// The kinds of action.
const (
	Generate Kind = iota + 1
	Enable
	Disable
	CopyName
	CopyURL
	CopyCurl
	Rotate
	Relabel
	Revoke
	Delete
	MayCall
)

// Actions does things to users on behalf of one screen. While Keys is held, a new key
// is all that the screen shows.
type Actions struct {
	*flow.Flow
	Keys *newkey.Maker
}

// New returns the actions of the screen self.
func New(env screen.Env, self screen.ID) *Actions {
	f := flow.New(env, self)
	return &Actions{Flow: f, Keys: newkey.New(env, self, f)}
}

// Update takes a reply to a request that was made here and, while a key is shown, the
// keys and pastes.
func (a *Actions) Update(msg tea.Msg) (flow.Result, tea.Cmd, bool) {
	if changed, cmd, mine := a.Keys.Update(msg); mine {
		return flow.Result{Changed: changed}, cmd, true
	}
	return a.Flow.Update(msg)
}

// Menu opens the menu of more actions.
func (a *Actions) Menu(t Target) tea.Cmd {
	return a.Open(widget.NewMenu(a.Env.Styles, "More actions · "+t.User.Username, menuItems(t)), func(v any) tea.Cmd {
		return a.Do(v.(Kind), t)
	})
}

func menuItems(t Target) []widget.MenuItem {
	items := []widget.MenuItem{{Key: "a", Label: "Generate API token …", Note: "shown once", Value: Generate}}
	if t.Key != nil {
		name, why := newkey.Name(t.Key.Key), ""
		if t.Key.State != model.KeyActive {
			why = "the key is " + string(t.Key.State)
		}
		items = append(items,
			widget.MenuItem{Key: "r", Label: "Rotate key " + name + " …", Note: "the old one stays for a while", Value: Rotate, Disabled: why},
			widget.MenuItem{Key: "b", Label: "Relabel key " + name + " …", Value: Relabel},
			widget.MenuItem{Key: "D", Label: "Revoke key " + name + " …", Note: "at once, for ever", Value: Revoke, Disabled: revoked(t.Key)})
	}
	items = append(items, widget.MenuItem{Key: "c", Label: "What it may call …", Note: "rules of the gateway", Value: MayCall})
	if t.User.State == model.Disabled {
		items = append(items, widget.MenuItem{Key: "i", Label: "Activate the user", Value: Enable})
	} else {
		items = append(items, widget.MenuItem{Key: "i", Label: "Disable the user", Note: "its tokens are refused", Value: Disable})
	}
	key := "D"
	if t.Key != nil {
		key = "X"
	}
	return append(items, widget.MenuItem{Key: key, Label: "Delete the user …", Note: "irreversible", Value: Delete})
}

func revoked(k *keys.Summary) string {
	if k.State == model.KeyRevoked {
		return "the key is revoked already"
	}
	return ""
}

// Copy opens the copy menu.
func (a *Actions) Copy(t Target) tea.Cmd {
	items := []widget.MenuItem{
		{Key: "u", Label: "Username (client_id)", Value: CopyName},
		{Key: "t", Label: "Token URL", Value: CopyURL},
		{Key: "c", Label: "As curl", Note: "the key as $" + keyVariable, Value: CopyCurl},
	}
	return a.Open(widget.NewMenu(a.Env.Styles, "Copy · "+t.User.Username, items), func(v any) tea.Cmd {
		return a.Do(v.(Kind), t)
	})
}

// Do does one kind of action, after the questions it takes.
func (a *Actions) Do(k Kind, t Target) tea.Cmd {
	if a.Busy() || a.Keys.Held() {
		return a.Refuse()
	}
	u := newkey.User{ID: t.User.ID, Username: t.User.Username, Useless: useless(&t.User, a.Env.Hub.Now())}
	switch k {
	case Generate:
		return a.Keys.Generate(u)
	case Enable, Disable:
		return a.setState(k, t)
	case CopyName, CopyURL, CopyCurl:
		return a.copy(k, t)
	case Delete:
		return a.delete(t)
	case MayCall:
		return screen.Send(screen.Push{Route: screen.GatewayRules{User: t.User.ID}})
	}
	if t.Key == nil {
		return screen.Send(screen.Notice{Level: screen.Warning, Text: "there is no key yet: a generates one"})
	}
	switch k {
	case Rotate:
		if t.Key.State != model.KeyActive {
			return screen.Send(screen.Notice{Level: screen.Warning, Text: "the key is " + string(t.Key.State) + ": a generates a new one"})
		}
		return a.Keys.Rotate(u, t.Key.Key)
	case Relabel:
		return a.relabel(t)
	case Revoke:
		return a.revoke(t)
	}
	return nil
}

// useless says why a key of the user gets no access token now.
func useless(u *model.APIUser, now time.Time) string {
	switch {
	case u.State == model.Disabled:
		return "The user is disabled: no key gets a token until m activates it."
	case u.Expired(now):
		return "The user is expired: no key gets a token until e sets another end."
	case !u.OAuth:
		return "OAuth 2.0 is off: no key gets a token until e switches it on."
	}
	return ""
}

// named runs fn with the username as the confirmation where one is needed.
func (a *Actions) named(t Target, title, action string, fn func(confirm string) tea.Cmd) tea.Cmd {
	const why = "The space is protected: a change asks for the user's name."
	return a.Named(a.Env.Hub.Space.Protected, t.User.Username, why, title, action, fn)
}

func (a *Actions) setState(k Kind, t Target) tea.Cmd {
	st, did, title := model.Active, "Activated ", "Activate "
	if k == Disable {
		st, did, title = model.Disabled, "Disabled ", "Disable "
	}
	h, name := a.Env.Hub, t.User.Username
	return a.named(t, title+name, title, func(confirm string) tea.Cmd {
		return a.Start(func(ctx context.Context) (flow.Outcome, error) {
			_, err := h.Users.SetState(ctx, h.Space, t.User.ID, st, confirm)
			return flow.Outcome{Done: true, Text: did + name}, err
		})
	})
}

// delete looks up what is lost with the user, then asks for its name.
func (a *Actions) delete(t Target) tea.Cmd {
	h, name := a.Env.Hub, t.User.Username
	return a.Start(func(ctx context.Context) (flow.Outcome, error) {
		depends, err := h.Users.Dependents(ctx, h.Space, t.User.ID)
		return flow.Outcome{Next: func() tea.Cmd {
			return a.TypeName(widget.TypedNameOptions{
				Title: "Delete " + name + ": irreversible", Name: name, Action: "delete for ever",
				Body: flow.Lost("The user and its keys are gone for good; whoever signs in as it is refused from then on.", depends),
			}, func(confirm string) tea.Cmd {
				return a.Start(func(ctx context.Context) (flow.Outcome, error) {
					err := h.Users.Delete(ctx, h.Space, t.User.ID, 0, confirm)
					return flow.Outcome{Done: true, Gone: err == nil, Text: "Deleted " + name}, err
				})
			})
		}}, err
	})
}
