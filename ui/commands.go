package ui

import (
	"context"
	"strings"

	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/model/hub"
	"ferry/ui/screen"
)

// command is one word of the command line.
type command struct {
	name string
	args string // how the arguments are shown
	does string
	run  func(r *root, args []string) tea.Cmd
}

// commands is filled by init because help, one of them, refers to the list.
var commands []command

func init() {
	commands = []command{
		{"clients", "", "the API clients", func(r *root, _ []string) tea.Cmd { return r.place(screen.PlaceClients) }},
		{"client", "NAME", "one client", named(func(id model.ID, _ []string) (screen.Route, error) { return screen.Client{ID: id}, nil })},
		{"new", "", "a new client", func(r *root, _ []string) tea.Cmd { return r.below(screen.NewClient{}) }},
		{"token", "NAME", "its token", named(func(id model.ID, _ []string) (screen.Route, error) { return screen.Token{ID: id}, nil })},
		{"call", "NAME [METHOD PATH]", "a test call", named(callRoute)},
		{"user", "NAME", "one API user", (*root).user},
		{"users", "", "the API users", func(r *root, _ []string) tea.Cmd { return r.place(screen.PlaceAPIUsers) }},
		{"transfers", "", "exports, imports and syncs", func(r *root, _ []string) tea.Cmd { return r.place(screen.PlaceTransfers) }},
		{"transfer", "NAME or ID", "one transfer", (*root).transfer},
		{"audit", "", "the audit log", func(r *root, _ []string) tea.Cmd { return r.place(screen.PlaceAudit) }},
		{"server", "", "the server that runs on this store", func(r *root, _ []string) tea.Cmd { return r.place(screen.PlaceServer) }},
		{"space", "[NAME]", "work in another space", (*root).space},
		{"spaces", "", "the spaces", func(r *root, _ []string) tea.Cmd { return r.spaces() }},
		{"help", "", "the keys", func(r *root, _ []string) tea.Cmd { return r.help() }},
		{"q", "", "quit", func(r *root, _ []string) tea.Cmd { return r.quit() }},
	}
}

// aliases are other words for commands.
var aliases = map[string]string{"quit": "q", "apiusers": "users"}

// run does what a line says.
func (r *root) run(line string) tea.Cmd {
	words := strings.Fields(line)
	if len(words) == 0 {
		return nil
	}
	if h := &r.cmdline.history; len(*h) == 0 || (*h)[len(*h)-1] != line {
		*h = append(*h, line)
	}
	if long, ok := aliases[words[0]]; ok {
		words[0] = long
	}
	for _, cmd := range commands {
		if cmd.name != words[0] {
			continue
		}
		if r.hub == nil && cmd.name != "q" {
			return r.notify(screen.Notice{Level: screen.Warning, Text: "open the vault first"})
		}
		return cmd.run(r, words[1:])
	}
	return r.notify(screen.Notice{Level: screen.Failure, Text: "there is no command :" + words[0] + "; did you mean :" + nearest(words[0], commandNames()) + "?"})
}

func commandNames() []string {
	out := make([]string, len(commands))
	for i, c := range commands {
		out[i] = c.name
	}
	return out
}

// nearest is the word of list that takes the fewest changes to get to from word; ""
// when the list is empty.
func nearest(word string, list []string) string {
	best, least := "", 1<<30
	for _, have := range list {
		if d := distance(strings.ToLower(word), strings.ToLower(have)); d < least {
			best, least = have, d
		}
	}
	return best
}

// distance is the Levenshtein distance of two words.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// resolved is a route that a name led to, or another space.
type resolved struct {
	route screen.Route
	space *model.Space
	err   error
}

// named makes a command that begins with a client's name.
func named(to func(model.ID, []string) (screen.Route, error)) func(*root, []string) tea.Cmd {
	return func(r *root, args []string) tea.Cmd {
		if len(args) == 0 {
			return r.notify(screen.Notice{Level: screen.Failure, Text: "a client's name is needed"})
		}
		return r.resolve(func(ctx context.Context, h *hub.Hub) resolved {
			c, err := h.Clients.ByName(ctx, h.Space, args[0])
			if err != nil {
				return resolved{err: err}
			}
			route, err := to(c.ID, args[1:])
			return resolved{route: route, err: err}
		})
	}
}

func callRoute(id model.ID, args []string) (screen.Route, error) {
	route := screen.Call{ID: id}
	switch len(args) {
	case 0:
	case 1:
		route.Request.Path = args[0]
	default:
		route.Request.Method, route.Request.Path = strings.ToUpper(args[0]), strings.Join(args[1:], " ")
	}
	return route, nil
}

// user goes to the page of an API user.
func (r *root) user(args []string) tea.Cmd {
	if len(args) == 0 {
		return r.notify(screen.Notice{Level: screen.Failure, Text: "an API user's name is needed"})
	}
	return r.resolve(func(ctx context.Context, h *hub.Hub) resolved {
		u, err := h.Users.ByName(ctx, h.Space, args[0])
		return resolved{route: screen.APIUser{ID: u.ID}, err: err}
	})
}

// transfer goes to the page of a transfer.
func (r *root) transfer(args []string) tea.Cmd {
	if len(args) == 0 {
		return r.notify(screen.Notice{Level: screen.Failure, Text: "the name of a sync or the id of a transfer is needed"})
	}
	return r.resolve(func(ctx context.Context, h *hub.Hub) resolved {
		s, err := h.Transfers.Find(ctx, h.Space, args[0])
		return resolved{route: screen.Transfer{ID: s.Transfer.ID}, err: err}
	})
}

func (r *root) resolve(fn func(context.Context, *hub.Hub) resolved) tea.Cmd {
	h, ctx := r.hub, r.hub.Context(r.ctx)
	return r.wrap(r.id, func() tea.Msg { return fn(ctx, h) })
}

func (r *root) resolvedTo(to resolved) tea.Cmd {
	switch {
	case to.err != nil:
		return r.notify(screen.Notice{Level: screen.Failure, Text: model.AsError(to.err).Message})
	case to.space != nil:
		return r.enterSpace(*to.space)
	}
	return r.below(to.route)
}

// below goes to a route as if it had been opened from the list that it belongs to.
func (r *root) below(to screen.Route) tea.Cmd {
	home := startTrail(to)
	if here := r.trail(); len(here) > 0 && (place{route: home[0]}).holds(here[0]) {
		home[0] = here[0] // with its filter, as it is
	}
	return r.navigate(home, nil)
}
