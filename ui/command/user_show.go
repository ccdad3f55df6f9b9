package command

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"ferry/model"
	"ferry/model/apiusers"
	"ferry/model/hub"
	"ferry/model/keys"
)

// userView is an API user with its keys.
type userView struct {
	apiusers.View
	Keys []keys.View `json:"keys"`
}

func (a *app) userShow() *cobra.Command {
	return &cobra.Command{
		Use: "show USER", Short: "Show an API user and its keys, none of them in full", Args: takes("USER"),
		ValidArgsFunction: a.userNames,
		RunE: a.onUser(func(ctx context.Context, h *hub.Hub, u *model.APIUser) error {
			view, err := h.Users.View(ctx, h.Space, *u)
			if err != nil {
				return err
			}
			rows, err := h.Keys.List(ctx, h.Space, u.ID)
			if err != nil {
				return err
			}
			return a.show(userView{view, keyViews(h.Space, rows)}, func(w io.Writer) {
				describeUser(w, u, &view, h)
				if len(rows) > 0 {
					fmt.Fprintln(w)
					listKeys(w, rows, h.Now())
				}
			})
		}),
	}
}

func keyViews(space model.Space, rows []keys.Summary) []keys.View {
	views := make([]keys.View, len(rows))
	for i := range rows {
		views[i] = keys.ViewOf(space, rows[i])
	}
	return views
}

func describeUser(w io.Writer, u *model.APIUser, view *apiusers.View, h *hub.Hub) {
	from := "anywhere"
	if len(view.From) > 0 {
		from = strings.Join(view.From, ", ")
	}
	rows := [][]string{{"Username", u.Username}, {"Space", h.Space.Name}}
	if u.Description != "" {
		rows = append(rows, []string{"Description", u.Description})
	}
	table(w, append(rows, [][]string{
		{"State", string(u.State)},
		{"OAuth 2.0", onOff(u.OAuth)},
		{"Keys as bearer", yesNo(u.BearerKeys)},
		{"Access token TTL", count(int(u.TTL.Minutes()), "minute")},
		{"Permissions", noneIfEmpty(strings.Join(view.Permissions, " "))},
		{"From", from},
		{"Expires", until(u.Expires, h.Now())},
		{"Revision", fmt.Sprint(u.Revision)},
		{"Created", utc(u.Created.At) + " by " + u.Created.By},
		{"Updated", utc(u.Updated.At) + " by " + u.Updated.By},
	}...))
}

func noneIfEmpty(s string) string {
	if s == "" {
		return "none"
	}
	return s
}
