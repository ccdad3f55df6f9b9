package command

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"ferry/model"
	"ferry/model/hub"
	"ferry/model/keys"
)

func (a *app) keyCommand() *cobra.Command {
	return group(
		"key", "API keys: the client secrets of API users",
		a.keyList(), a.keyCreate(), a.keyRotate(), a.keyRevoke(), a.keyLabel(),
	)
}

// onKey returns the RunE of a command on the key named by its first argument: its id, or
// a label that only one key of the space has.
func (a *app) onKey(do func(ctx context.Context, h *hub.Hub, k *keys.Summary, args []string) error) func(*cobra.Command, []string) error {
	return a.withHub(func(ctx context.Context, h *hub.Hub, args []string) error {
		if err := notAKey(args[0], "key"); err != nil {
			return err
		}
		k, err := h.Keys.Find(ctx, h.Space, args[0])
		if err != nil {
			return err
		}
		return do(ctx, h, &k, args)
	})
}

// keyStart is how the text of every key begins, and keyAlike how long what begins so is
// taken for one that was mistyped.
const (
	keyStart = "ferry_k"
	keyAlike = 40
)

// notAKey refuses the text of a key where its id or a label is wanted, without repeating
// it: the command line is in the shell's history and in the list of processes.
func notAKey(text, field string) error {
	id, ok := keys.Parse(text)
	if !ok && (!strings.HasPrefix(text, keyStart) || len(text) < keyAlike) {
		return nil
	}
	e := model.Errorf(model.EUsage, "that is a key itself, which does not belong on the command line").
		WithField(field).WithNext("name it by its id, see: ferry key list")
	if ok {
		e = e.WithNext("take it for known to others: ferry key rotate %s --overlap 0", id)
	}
	return e
}

// keyDone shows a key that a command changed.
func (a *app) keyDone(h *hub.Hub, k *keys.Summary, done string) error {
	return a.show(keys.ViewOf(h.Space, *k), say("%s %s (%s)", done, keyName(k), k.Key.ID))
}
