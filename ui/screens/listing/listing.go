// Package listing is a list of records on screen, whatever they are: loaded off the hot
// path, filtered while one types, with the cursor staying on its record. What a row says
// and what can be done to it is the screen's.
//
// It imports the screen contract, widgets and model, and holds no rule.
package listing

import (
	"context"

	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/ui/keymap"
	"ferry/ui/screen"
	"ferry/ui/widget"
)

// List is the records of a screen and where one is in them.
type List[T any] struct {
	Rows   []T   // all of them, in the order they are shown
	Match  []int // positions in Rows of those that the filter lets through
	Scroll widget.Scroll
	Query  string
	Typing bool // the filter is being typed
	Known  bool // Rows were loaded at least once
	Err    error
	Widest int // cells of the longest name

	o      Options[T]
	filter textinput.Model
	load   screen.Requests
	loaded int  // how many have come so far
	stale  bool // the store changed while they were loading
	height int
}

// Options is what a list is of. The functions but Load run in Update and View.
type Options[T any] struct {
	Env  screen.Env
	Self screen.ID
	// Load reads the records in order, calling loaded with how many have come; it runs
	// in a command. It is made anew for each load, so that it copies what it needs.
	Load func() func(ctx context.Context, loaded func(n int)) (Loaded[T], error)
	// Filter appends the positions of the rows that query lets through.
	Filter func(dst []int, rows []T, query string) []int
	ID     func(*T) model.ID
	// Head is how many lines the screen shows above the rows.
	Head  func() int
	Query string // what to filter by from the start
}

// Loaded is what a load came to.
type Loaded[T any] struct {
	Rows   []T
	Widest int // cells of the longest name
	Extra  any // what else the screen needs with the rows
}

// TypingKeys are the keys while the filter is typed.
var TypingKeys = keymap.Map{{
	keymap.Bind("↵", "keep the filter", "enter"), keymap.Bind("esc", "clear it", "esc"), keymap.Bind("↑ ↓", "move", "up", "down"),
}}

// New returns an empty list.
func New[T any](o Options[T]) *List[T] {
	l := &List[T]{o: o, filter: widget.NewInput(o.Env.Styles, false), Query: o.Query}
	l.filter.SetValue(o.Query)
	return l
}

// progress is how many records have come so far.
type progress struct {
	to screen.ID
	n  int
	ch <-chan int
}

// Addressee implements screen.Addressed.
func (p progress) Addressee() screen.ID { return p.to }

// Reload gets the list anew; what is shown stays until it has come.
func (l *List[T]) Reload() tea.Cmd {
	if l.load.Running() {
		l.stale = true
		return nil
	}
	l.stale = false
	read, ch := l.o.Load(), make(chan int, 1)
	load := screen.Start(l.o.Env.Ctx, l.o.Self, &l.load, func(ctx context.Context) (Loaded[T], error) {
		defer close(ch)
		return read(ctx, func(n int) { offer(ch, n) })
	})
	return tea.Batch(load, l.listen(ch))
}

// offer leaves the newest count in the channel without waiting for anybody.
func offer(ch chan int, n int) {
	select {
	case <-ch:
	default:
	}
	ch <- n
}

func (l *List[T]) listen(ch <-chan int) tea.Cmd {
	id := l.o.Self
	return func() tea.Msg {
		n, ok := <-ch
		if !ok {
			return nil
		}
		return progress{id, n, ch}
	}
}

// Update takes a message of loading. Mine reports whether it was one, fresh what was
// loaded, nil unless that is now shown.
func (l *List[T]) Update(msg tea.Msg) (fresh *Loaded[T], cmd tea.Cmd, mine bool) {
	switch msg := msg.(type) {
	case progress:
		l.loaded = msg.n
		return nil, l.listen(msg.ch), true
	case screen.Reply[Loaded[T]]:
		if !screen.Accept(&l.load, msg) {
			return nil, nil, true
		}
		l.Err = msg.Err
		if l.Err == nil {
			at := l.CurrentID()
			l.Rows, l.Widest, l.Known = msg.Value.Rows, msg.Value.Widest, true
			fresh = &msg.Value
			l.Refilter()
			l.Place(at)
		}
		if l.stale {
			cmd = l.Reload()
		}
		return fresh, cmd, true
	}
	return nil, nil, false
}

// Cancel stops loading and reports whether there was anything to stop.
func (l *List[T]) Cancel() bool {
	loading := l.load.Running()
	l.load.Cancel()
	return loading
}

// Current is the record under the cursor, nil when there is none.
func (l *List[T]) Current() *T {
	if l.Scroll.Cursor >= len(l.Match) {
		return nil
	}
	return &l.Rows[l.Match[l.Scroll.Cursor]]
}

// CurrentID is the id of the record under the cursor, "" when there is none.
func (l *List[T]) CurrentID() model.ID {
	if at := l.Current(); at != nil {
		return l.o.ID(at)
	}
	return ""
}

// Place puts the cursor on the record with id, if it shows.
func (l *List[T]) Place(id model.ID) {
	if id == "" {
		return
	}
	for i, at := range l.Match {
		if l.o.ID(&l.Rows[at]) == id {
			l.Scroll.Move(i)
			return
		}
	}
}

// Refilter applies the filter to the rows anew.
func (l *List[T]) Refilter() {
	l.Match = l.o.Filter(l.Match[:0], l.Rows, l.Query)
	l.Resize()
}

// SetSize sets the room of the screen.
func (l *List[T]) SetSize(width, height int) {
	l.filter.SetWidth(max(width/2, 1))
	l.height = height
	l.Resize()
}
