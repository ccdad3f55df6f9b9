package command

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"ferry/model"
	"ferry/model/apiusers"
	"ferry/model/clients"
	"ferry/model/hub"
	"ferry/model/keys"
)

// completionTime bounds how long the tab key may take.
const completionTime = 500 * time.Millisecond

// lister returns what can be completed; a tab begins the words that describe it.
type lister func(ctx context.Context, h *hub.Hub) ([]string, error)

// completer is what the flag and command parser asks for completions.
type completer = func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective)

// names completes the first argument of a command on a record of the space. It never asks
// for anything: where the vault does not open by itself there is nothing to offer.
func (a *app) names(list lister) completer {
	return func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return a.quietly(cmd.Context(), a.settings(), list), cobra.ShellCompDirectiveNoFileComp
	}
}

// value completes the value of a flag: fixed words, and what list finds in the store.
func (a *app) value(cmd *cobra.Command, flag string, settings func() Settings, fixed []string, list lister) {
	// It fails only for a flag that does not exist, which the tests would see.
	_ = cmd.RegisterFlagCompletionFunc(flag, func(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
		return append(fixed, a.quietly(cmd.Context(), settings(), list)...), cobra.ShellCompDirectiveNoFileComp
	})
}

func (a *app) quietly(ctx context.Context, s Settings, list lister) []string {
	ctx, cancel := context.WithTimeout(ctx, completionTime)
	defer cancel()
	door, err := a.env.Door(s)
	if err != nil {
		return nil
	}
	key, err := door.FindKey(ctx)
	if err != nil {
		return nil
	}
	h, err := door.Open(ctx, key)
	if err != nil {
		return nil
	}
	defer closeHub(h)
	out, err := list(h.Context(ctx), h)
	if err != nil {
		return nil
	}
	return out
}

func (a *app) clientNames(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	return a.names(listClientNames)(cmd, args, typed)
}

func (a *app) userNames(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	return a.names(listUserNames)(cmd, args, typed)
}

func (a *app) keyNames(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	return a.names(listKeyNames)(cmd, args, typed)
}

// spaceNames completes the name of a space. It is offered from wherever --space points.
func (a *app) spaceNames(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return a.quietly(cmd.Context(), a.storeWide(), listSpaceNames), cobra.ShellCompDirectiveNoFileComp
}

func listClientNames(ctx context.Context, h *hub.Hub) ([]string, error) {
	rows, err := h.Clients.List(ctx, h.Space, nil)
	return column(rows, func(r *clients.Summary) string { return r.Name }), err
}

func listUserNames(ctx context.Context, h *hub.Hub) ([]string, error) {
	rows, err := h.Users.List(ctx, h.Space, nil)
	return column(rows, func(r *apiusers.Summary) string { return r.User.Username }), err
}

// listKeyNames offers the ids of the keys that can be used, each with whose it is.
func listKeyNames(ctx context.Context, h *hub.Hub) ([]string, error) {
	rows, err := h.Keys.List(ctx, h.Space, "")
	var out []string
	for i := range rows {
		if r := &rows[i]; r.State == model.KeyActive {
			out = append(out, string(r.Key.ID)+"\t"+model.Printable(keyName(r)))
		}
	}
	return out, err
}

func listSpaceNames(ctx context.Context, h *hub.Hub) ([]string, error) {
	rows, err := h.Spaces.List(ctx)
	return column(rows, func(sp *model.Space) string { return sp.Name }), err
}

// listCallPermissions offers the permissions to call a client of the space.
func listCallPermissions(ctx context.Context, h *hub.Hub) ([]string, error) {
	rows, err := h.Clients.List(ctx, h.Space, nil)
	return column(rows, func(r *clients.Summary) string { return string(model.CallPermission(model.ID(r.Name))) }), err
}

func permissionNames() []string {
	return column(model.Permissions(), func(p *model.Permission) string { return string(*p) })
}

// column returns one text of each row.
func column[T any](rows []T, text func(*T) string) []string {
	out := make([]string, len(rows))
	for i := range rows {
		out[i] = text(&rows[i])
	}
	return out
}

// keyName is how a key is called in a sentence: its label, if it has one, and its user.
func keyName(r *keys.Summary) string {
	if r.Key.Label == "" {
		return "a key of " + r.Username
	}
	return "the key " + r.Key.Label + " of " + r.Username
}
