package unlock

import (
	"context"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/model/hub"
	"ferry/ui/keymap"
	"ferry/ui/screen"
)

func (u *Unlock) chooseKey(k tea.KeyPressMsg) tea.Cmd {
	switch {
	case key.Matches(k, keymap.Down), key.Matches(k, keymap.Up):
		u.choice = 1 - u.choice
	case key.Matches(k, chooseKeys[0][0]) && u.choice == 1:
		u.step, u.problem = create, ""
		u.clear()
	case key.Matches(k, chooseKeys[0][0]):
		return u.createWithFile()
	}
	return nil
}

func (u *Unlock) createWithFile() tea.Cmd {
	u.problem, u.doing = "", "making the key file and the store"
	return u.make(func(ctx context.Context) (model.Key, error) {
		k, err := u.env.Door.NewIdentity(ctx, "")
		if model.CodeOf(err) == model.EExists { // a key file from before opens the new store too
			return u.env.Door.FindKey(ctx)
		}
		return k, err
	})
}

// make creates the store for the key that get returns, and opens it.
func (u *Unlock) make(get func(context.Context) (model.Key, error)) tea.Cmd {
	door := u.env.Door
	return screen.Start(u.env.Ctx, u.id, &u.work, func(ctx context.Context) (*hub.Hub, error) {
		k, err := get(ctx)
		if err != nil {
			return nil, err
		}
		if err := door.Create(ctx, k); err != nil {
			return nil, err
		}
		return door.Open(ctx, k)
	})
}

func (u *Unlock) createWithPassphrase() tea.Cmd {
	switch {
	case u.first.Value() == "":
		u.problem = "a passphrase is needed"
		return nil
	case u.focus == 0:
		return u.otherField()
	case u.first.Value() != u.second.Value():
		u.problem = "the two are not the same; type it again"
		u.second.Reset()
		return nil
	}
	k := model.Key{Passphrase: model.NewSecret(u.first.Value()), From: "passphrase"}
	u.doing = "making the store; this takes a moment"
	return u.make(func(context.Context) (model.Key, error) { return k, nil })
}
