// Package listing is a list of records on screen, whatever they are: loaded off the hot
// path, filtered while one types, sorted and marked, with the cursor staying on its
// record. A screen embeds a List and says what is its own: what is read, what a row
// says, and what its keys do to a record.
//
// It imports the screen contract, widgets and model, and holds no rule.
package listing

import (
	"context"

	"charm.land/bubbles/v2/help"
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/model/hub"
	"ferry/ui/keymap"
	"ferry/ui/screen"
	"ferry/ui/screens/flow"
	"ferry/ui/widget"
)

// List is the records of a screen and where one is in them. It is all of a screen.Screen
// but its title.
type List[T any] struct {
	Env           screen.Env
	Width, Height int

	Rows   []T   // all of them, as they were read
	Match  []int // positions in Rows of those that show, in the order they show in
	Scroll widget.Scroll
	Sort   int  // which of the orders they show in
	Known  bool // Rows were loaded at least once
	Err    error
	Widest int // cells of the longest name

	self    screen.ID
	actions flow.Actions
	o       Options[T]
	filter  Filter
	order   []int // positions in Rows as they are sorted, nil as they were read
	marks   map[model.ID]bool
	load    screen.Requests
	loaded  int  // how many have come so far
	stale   bool // the store changed while they were loading
}

// Options is what a list is of. The functions but Load run in Update and View.
type Options[T any] struct {
	Place screen.Place // whose number of records it tells; 0: none
	Query string       // what to filter by from the start

	// Load reads the records, calling loaded with how many have come; it runs in a
	// command. With them it returns what else the screen needs.
	Load func(ctx context.Context, h *hub.Hub, loaded func(n int)) (rows []T, extra any, err error)
	// Loaded, if not nil, is called when a load ended, after its rows are shown.
	Loaded func(extra any, err error) tea.Cmd
	// Filter appends the positions of the rows that query lets through.
	Filter func(dst []int, rows []T, query string) []int
	ID     func(*T) model.ID
	Name   func(*T) string
	// Orders compare rows for sorting; where two are equal, and for nil, they stay as
	// they were read.
	Orders []func(a, b *T) int

	Keys  keymap.Map // while there are records
	Bare  keymap.Map // while there are none; nil: the same
	Marks string     // what marked records are for; "": none is marked
	// Key does what a key that no list has does to the record under the cursor, nil if
	// there is none.
	Key func(k tea.KeyPressMsg, at *T) tea.Cmd

	What  string          // how a record is called: API user
	None  func() []string // what shows while there are none
	Above func() []string // lines above the heading, if not nil
	// Table is made for each View: the heading, and what draws a row behind its marker.
	Table func() (heading string, row func(*T) string)
}

// SortKey goes on to the next order.
var SortKey = keymap.Bind("s", "sort", "s")

// BareKeys are the keys of a list without records, to which one can be added.
var BareKeys = keymap.Map{{keymap.New, keymap.Refresh, keymap.Command}}

// New returns an empty list for the screen self, whose actions do what is done to records.
func New[T any](env screen.Env, self screen.ID, actions flow.Actions, o Options[T]) *List[T] {
	return &List[T]{Env: env, self: self, actions: actions, o: o, filter: NewFilter(env.Styles, o.Query), marks: map[model.ID]bool{}}
}

// ID implements screen.Screen.
func (l *List[T]) ID() screen.ID { return l.self }

// Init implements screen.Screen: it starts loading.
func (l *List[T]) Init() tea.Cmd { return l.Reload() }

// Keys implements screen.Screen.
func (l *List[T]) Keys() help.KeyMap {
	switch {
	case l.filter.Typing:
		return TypingKeys
	case len(l.Rows) == 0 && l.o.Bare != nil:
		return l.o.Bare
	}
	return l.o.Keys
}

// SetSize implements screen.Screen.
func (l *List[T]) SetSize(width, height int) {
	l.Width, l.Height = width, height
	l.filter.SetWidth(width)
	l.resize()
}

// Rebind implements screen.Rebinder.
func (l *List[T]) Rebind(h *hub.Hub) {
	l.Env.Hub = h
	l.actions.Rebind(h)
}

// Capturing implements screen.Capturer: the filter is being typed.
func (l *List[T]) Capturing() bool { return l.filter.Typing }

// Cancel implements screen.Canceler: it stops loading, and what is done to a record.
func (l *List[T]) Cancel() bool {
	loading := l.load.Running()
	l.load.Cancel()
	return l.actions.Cancel() || loading
}

// Resume implements screen.Resumer.
func (l *List[T]) Resume(result any) tea.Cmd {
	if cmd, mine := l.actions.Resume(result); mine {
		return cmd
	}
	return l.Reload()
}

// Back implements screen.Backer: it ends the filter, then the marks.
func (l *List[T]) Back() bool {
	was := l.filter.Query
	switch {
	case l.filter.Clear():
		l.refind(was)
	case len(l.marks) > 0:
		l.unmark()
	default:
		return false
	}
	return true
}

// Update implements screen.Screen.
func (l *List[T]) Update(msg tea.Msg) tea.Cmd {
	if res, cmd, mine := l.actions.Update(msg); mine {
		if res.Changed {
			l.unmark()
			cmd = tea.Batch(cmd, l.Reload())
		}
		return cmd
	}
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		l.actions.Forget()
		if l.filter.Typing {
			return l.typed(msg)
		}
		return l.key(msg)
	case tea.PasteMsg:
		if l.filter.Typing {
			return l.typed(msg)
		}
	case screen.Changed:
		return l.Reload()
	case flow.Reached:
		l.loaded = msg.N
		return msg.Next()
	case screen.Reply[fresh[T]]:
		return l.accept(msg)
	}
	return nil
}

func (l *List[T]) typed(msg tea.Msg) tea.Cmd {
	was := l.filter.Query
	cmd := l.filter.Typed(msg, &l.Scroll)
	l.refind(was)
	return cmd
}

// key handles the keys that every list has, and hands the others on.
func (l *List[T]) key(k tea.KeyPressMsg) tea.Cmd {
	at := l.Current()
	switch {
	case l.Scroll.Key(k):
		return nil
	case key.Matches(k, keymap.Filter):
		cmd := l.filter.Type()
		l.resize()
		return cmd
	case key.Matches(k, keymap.Refresh):
		return l.Reload()
	case key.Matches(k, SortKey) && len(l.o.Orders) > 0:
		l.Sort = (l.Sort + 1) % len(l.o.Orders)
		l.order = sorted(l.Rows, l.o.Orders[l.Sort])
		l.Refilter()
		return nil
	case key.Matches(k, keymap.Mark) && l.o.Marks != "":
		if at != nil {
			l.mark(l.o.ID(at))
		}
		return nil
	}
	return l.o.Key(k, at)
}
