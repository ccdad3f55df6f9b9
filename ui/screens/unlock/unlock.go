// Package unlock is the first screen: it makes a store where there is none, and opens
// the vault where only a person can.
//
// It imports model, the screen contract and widgets. What is typed here is kept in no
// other place than the field and the key that is made of it.
package unlock

import (
	"context"

	"charm.land/bubbles/v2/help"
	"charm.land/bubbles/v2/key"
	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/model/hub"
	"ferry/ui/keymap"
	"ferry/ui/screen"
	"ferry/ui/widget"
)

// step is where the person is.
type step int

const (
	looking step = iota // asking the door what there is
	failed              // the door cannot say, or the store cannot be used
	unlock              // a passphrase for the store that exists
	choose              // first run: how the new store shall be opened
	create              // first run: choosing a passphrase, twice
)

// Unlock is the screen.
type Unlock struct {
	env           screen.Env
	id            screen.ID
	width, height int
	step          step
	status        model.VaultStatus
	fault         *model.Error // why the door cannot be opened at all
	problem       string       // what is wrong with what was typed
	choice        int          // 0 key file, 1 passphrase
	first, second textinput.Model
	focus         int
	work          screen.Requests
	doing         string // what is under way, in words
}

var (
	retryKeys  = keymap.Map{{keymap.Bind("R", "try again", "R"), keymap.Bind("q q", "quit", "q")}}
	unlockKeys = keymap.Map{{keymap.Bind("↵", "unlock", "enter"), keymap.Bind("^u", "clear", "ctrl+u"), keymap.Bind("^c ^c", "quit", "ctrl+c")}}
	chooseKeys = keymap.Map{{keymap.Bind("↵", "choose", "enter"), keymap.Down, keymap.Up, keymap.Bind("q q", "quit", "q")}}
	createKeys = keymap.Map{{
		keymap.Bind("↵", "create the store", "enter"), keymap.Bind("tab", "other field", "tab", "shift+tab", "up", "down"),
		keymap.Bind("esc", "back", "esc"),
	}}
	noKeys = keymap.Map{{keymap.Bind("^c", "cancel", "ctrl+c")}}
)

// New returns the screen; reason is why the store did not open by itself.
func New(env screen.Env, reason error) screen.Screen {
	u := &Unlock{env: env, id: screen.NewID(), first: widget.NewInput(env.Styles, true), second: widget.NewInput(env.Styles, true)}
	switch model.CodeOf(reason) {
	case "", model.ELocked, model.ENotFound, model.EInterrupted:
	default:
		u.step, u.fault = failed, model.AsError(reason)
	}
	return u
}

// ID implements screen.Screen.
func (u *Unlock) ID() screen.ID { return u.id }

// Title implements screen.Screen.
func (u *Unlock) Title() string {
	if u.step == choose || u.step == create {
		return "First run"
	}
	return "Unlock"
}

// Keys implements screen.Screen.
func (u *Unlock) Keys() help.KeyMap {
	switch {
	case u.work.Running() || u.step == looking:
		return noKeys
	case u.step == failed:
		return retryKeys
	case u.step == choose:
		return chooseKeys
	case u.step == create:
		return createKeys
	}
	return unlockKeys
}

// SetSize implements screen.Screen.
func (u *Unlock) SetSize(width, height int) {
	u.width, u.height = width, height
	u.first.SetWidth(max(width-22, 1))
	u.second.SetWidth(max(width-22, 1))
}

// Capturing implements screen.Capturer: a passphrase is being typed.
func (u *Unlock) Capturing() bool { return u.step == unlock || u.step == create }

// Back implements screen.Backer.
func (u *Unlock) Back() bool {
	if u.step != create || u.work.Running() {
		return false
	}
	u.step, u.problem = choose, ""
	u.clear()
	return true
}

// Cancel implements screen.Canceler.
func (u *Unlock) Cancel() bool {
	busy := u.work.Running()
	u.work.Cancel()
	return busy
}

// Close forgets what was typed.
func (u *Unlock) Close() { u.clear() }

func (u *Unlock) clear() {
	u.first.Reset()
	u.second.Reset()
	u.focus = 0
	u.first.Focus()
	u.second.Blur()
}

// Init asks the door what there is, without opening it.
func (u *Unlock) Init() tea.Cmd {
	if u.step == failed {
		return nil
	}
	return u.look()
}

func (u *Unlock) look() tea.Cmd {
	door := u.env.Door
	u.step, u.fault, u.doing = looking, nil, "looking for the store"
	return screen.Start(u.env.Ctx, u.id, &u.work, door.Status)
}

// Update implements screen.Screen.
func (u *Unlock) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case screen.Reply[model.VaultStatus]:
		return u.looked(msg)
	case screen.Reply[*hub.Hub]:
		return u.opened(msg)
	case tea.KeyPressMsg:
		if u.work.Running() {
			return nil
		}
		return u.key(msg)
	case tea.PasteMsg:
		if u.Capturing() && !u.work.Running() {
			return u.typed(msg)
		}
	}
	return nil
}

func (u *Unlock) looked(reply screen.Reply[model.VaultStatus]) tea.Cmd {
	if !screen.Accept(&u.work, reply) {
		return nil
	}
	switch model.CodeOf(reply.Err) {
	case "":
		u.step, u.status = unlock, reply.Value
		return u.first.Focus()
	case model.ENotFound:
		u.step = choose
	default:
		u.step, u.fault = failed, model.AsError(reply.Err)
	}
	return nil
}

func (u *Unlock) opened(reply screen.Reply[*hub.Hub]) tea.Cmd {
	if !screen.Accept(&u.work, reply) {
		return nil
	}
	u.clear()
	if reply.Err == nil {
		return screen.Send(screen.Opened{Hub: reply.Value})
	}
	e := model.AsError(reply.Err)
	switch {
	case e.Code == model.EInterrupted:
		u.problem = ""
	case e.Code == model.ELocked, u.step == choose, u.step == create:
		u.problem = e.Message
	default:
		u.step, u.fault = failed, e
	}
	return nil
}

func (u *Unlock) key(k tea.KeyPressMsg) tea.Cmd {
	switch u.step {
	case failed:
		if key.Matches(k, retryKeys[0][0]) {
			return u.again()
		}
	case choose:
		return u.chooseKey(k)
	case unlock, create:
		return u.fieldKey(k)
	case looking:
	}
	return nil
}

// again tries what the console tries at its start.
func (u *Unlock) again() tea.Cmd {
	door := u.env.Door
	u.step, u.fault, u.doing = looking, nil, "opening the store"
	return screen.Start(u.env.Ctx, u.id, &u.work, func(ctx context.Context) (*hub.Hub, error) {
		k, err := door.FindKey(ctx)
		if err != nil {
			return nil, err
		}
		return door.Open(ctx, k)
	})
}

func (u *Unlock) fieldKey(k tea.KeyPressMsg) tea.Cmd {
	switch {
	case k.String() == "enter" && u.step == unlock:
		return u.unlock()
	case k.String() == "enter":
		return u.createWithPassphrase()
	case u.step == create && key.Matches(k, createKeys[0][1]):
		return u.otherField()
	}
	return u.typed(k)
}

func (u *Unlock) typed(msg tea.Msg) tea.Cmd {
	u.problem = ""
	var cmd tea.Cmd
	if u.focus == 0 {
		u.first, cmd = u.first.Update(msg)
	} else {
		u.second, cmd = u.second.Update(msg)
	}
	return cmd
}

func (u *Unlock) otherField() tea.Cmd {
	u.focus = 1 - u.focus
	if u.focus == 0 {
		u.second.Blur()
		return u.first.Focus()
	}
	u.first.Blur()
	return u.second.Focus()
}

func (u *Unlock) unlock() tea.Cmd {
	if u.first.Value() == "" {
		return nil
	}
	door := u.env.Door
	k := model.Key{Passphrase: model.NewSecret(u.first.Value()), From: "passphrase"}
	u.clear()
	u.problem, u.doing = "", "opening the store"
	return screen.Start(u.env.Ctx, u.id, &u.work, func(ctx context.Context) (*hub.Hub, error) { return door.Open(ctx, k) })
}
