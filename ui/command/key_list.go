package command

import (
	"context"
	"io"
	"time"

	"github.com/spf13/cobra"

	"ferry/model"
	"ferry/model/hub"
	"ferry/model/keys"
)

func (a *app) keyList() *cobra.Command {
	var filter string
	var soon bool
	cmd := &cobra.Command{
		Use: "list [USER]", Short: "List the API keys of the space, or of one user", Args: takes("[USER]"),
		Example:           "  ferry key list\n  ferry key list partner\n  ferry key list --expiring --output json",
		ValidArgsFunction: a.userNames,
	}
	cmd.Flags().StringVar(&filter, "filter", "", "only those whose label, username or id holds each of these `WORDS`")
	cmd.Flags().BoolVar(&soon, "expiring", false, "only those that expire within 14 days, the next one first")
	cmd.RunE = a.withHub(func(ctx context.Context, h *hub.Hub, args []string) error {
		user, err := userID(ctx, h, args)
		if err != nil {
			return err
		}
		rows, err := readKeys(ctx, h, user, soon)
		if err != nil {
			return err
		}
		rows = chosen(rows, keys.Filter(nil, rows, filter))
		err = a.show(listOf(keyViews(h.Space, rows), ""), func(w io.Writer) { listKeys(w, rows, h.Now()) })
		if err != nil || soon {
			return err
		}
		return a.noteExpiring(ctx, h, user)
	})
	return cmd
}

// userID returns the id of the user that args name, "" when they name none.
func userID(ctx context.Context, h *hub.Hub, args []string) (model.ID, error) {
	if len(args) == 0 {
		return "", nil
	}
	u, err := h.Users.ByName(ctx, h.Space, args[0])
	return u.ID, err
}

func readKeys(ctx context.Context, h *hub.Hub, user model.ID, soon bool) ([]keys.Summary, error) {
	if !soon {
		return h.Keys.List(ctx, h.Space, user)
	}
	rows, err := h.Keys.Expiring(ctx, h.Space)
	var out []keys.Summary
	for i := range rows {
		if user == "" || rows[i].Key.User == user {
			out = append(out, rows[i])
		}
	}
	return out, err
}

func chosen(rows []keys.Summary, at []int) []keys.Summary {
	out := make([]keys.Summary, len(at))
	for i, n := range at {
		out[i] = rows[n]
	}
	return out
}

func listKeys(w io.Writer, rows []keys.Summary, now time.Time) {
	out := [][]string{{"ID", "USER", "LABEL", "STATE", "EXPIRES", "LAST USED", "FROM"}}
	for i := range rows {
		r := &rows[i]
		out = append(out, []string{
			string(r.Key.ID), r.Username, dash(r.Key.Label), string(r.State), until(r.Key.Expires, now),
			ago(r.Use.At, now), dash(r.Use.Addr),
		})
	}
	table(w, out)
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
