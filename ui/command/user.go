package command

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"ferry/model"
	"ferry/model/hub"
)

func (a *app) userCommand() *cobra.Command {
	return group(
		"user", "API users: machine identities that may use the hub",
		a.userList(), a.userShow(), a.userCreate(), a.userUpdate(), a.userEnable(), a.userDisable(), a.userDelete(),
	)
}

// onUser returns the RunE of a command on the API user named by its first argument.
func (a *app) onUser(do func(ctx context.Context, h *hub.Hub, u *model.APIUser) error) func(*cobra.Command, []string) error {
	return a.withHub(func(ctx context.Context, h *hub.Hub, args []string) error {
		u, err := h.Users.ByName(ctx, h.Space, args[0])
		if err != nil {
			return err
		}
		return do(ctx, h, &u)
	})
}

// showUser prints an API user that a command changed: its view for scripts, one line for
// people.
func (a *app) showUser(ctx context.Context, h *hub.Hub, u *model.APIUser, done string) error {
	view, err := h.Users.View(ctx, h.Space, *u)
	if err != nil {
		return err
	}
	return a.show(view, say("%s %s (revision %d)", done, u.Username, u.Revision))
}

// maxNoted is how many keys are named one by one in a note.
const maxNoted = 10

// noteExpiring says which keys of the space expire soon: those of one user, or of all when
// user is "".
func (a *app) noteExpiring(ctx context.Context, h *hub.Hub, user model.ID) error {
	all, err := h.Keys.Expiring(ctx, h.Space)
	if err != nil {
		return err
	}
	now := h.Now()
	named, more := 0, 0
	for i := range all {
		r := &all[i]
		switch {
		case user != "" && r.Key.User != user:
		case named == maxNoted:
			more++
		default:
			named++
			a.note("key", fmt.Sprintf("%s expires in %s: ferry key rotate %s", keyName(r), span(r.Key.Expires.Sub(now)), r.Key.ID))
		}
	}
	if more > 0 {
		a.note("key", fmt.Sprintf("%d more keys expire within 14 days: ferry key list --expiring", more))
	}
	return nil
}
