package command

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"ferry/model/apiusers"
	"ferry/model/hub"
)

func (a *app) userList() *cobra.Command {
	var filter string
	cmd := &cobra.Command{
		Use: "list", Short: "List the API users of the space", Args: takes(),
		Example: "  ferry user list\n  ferry user list --filter robot --output json",
	}
	cmd.Flags().StringVar(&filter, "filter", "", "only those whose username, description or labels of keys hold each of these `WORDS`")
	cmd.RunE = a.withHub(func(ctx context.Context, h *hub.Hub, _ []string) error {
		if err := a.printUsers(ctx, h, filter); err != nil {
			return err
		}
		return a.noteExpiring(ctx, h, "")
	})
	return cmd
}

func (a *app) printUsers(ctx context.Context, h *hub.Hub, filter string) error {
	if a.json() {
		views, err := h.Users.Views(ctx, h.Space, filter)
		if err == nil {
			writeJSON(a.out, listOf(views, ""))
		}
		return err
	}
	rows, err := h.Users.List(ctx, h.Space, nil)
	if err != nil {
		return err
	}
	listUsers(a.out, rows, apiusers.Filter(nil, rows, filter), h.Now())
	return nil
}

func listUsers(w io.Writer, rows []apiusers.Summary, chosen []int, now time.Time) {
	out := [][]string{{"USERNAME", "STATE", "OAUTH 2.0", "TTL", "KEYS", "LAST USED", "DESCRIPTION"}}
	for _, i := range chosen {
		r := &rows[i]
		state := string(r.User.State)
		if r.User.Expired(now) {
			state += ", expired"
		}
		out = append(out, []string{
			r.User.Username, state, onOff(r.User.OAuth), inMinutes(r.User.TTL), fmt.Sprint(r.Keys),
			ago(r.LastUsed, now), r.User.Description,
		})
	}
	table(w, out)
}

func onOff(b bool) string {
	if b {
		return "on"
	}
	return "off"
}

func inMinutes(d time.Duration) string { return fmt.Sprintf("%dm", int(d.Minutes())) }

// ago is how long ago something was, "never" for the zero time.
func ago(t, now time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return span(now.Sub(t)) + " ago"
}

// until is when something ends, with how long that is from now.
func until(t, now time.Time) string {
	switch {
	case t.IsZero():
		return "never"
	case !now.Before(t):
		return utc(t) + " (over)"
	}
	return utc(t) + " (in " + span(t.Sub(now)) + ")"
}
