package ui

import (
	"fmt"
	"reflect"
	"runtime/debug"
	"sync"

	tea "charm.land/bubbletea/v2"

	"ferry/ui/screen"
)

// guard catches panics, wherever the console's code runs, so that the terminal is
// restored and the person reads one line instead of a stack trace.
type guard struct {
	mu    sync.Mutex
	first *caughtPanic
	kill  func() // ends the program; set before it runs
}

type caughtPanic struct{ value, stack string }

// recover is deferred around everything that may panic.
func (g *guard) recover() {
	v := recover()
	if v == nil {
		return
	}
	g.mu.Lock()
	if g.first == nil {
		g.first = &caughtPanic{fmt.Sprint(v), string(debug.Stack())}
	}
	kill := g.kill
	g.mu.Unlock()
	if kill != nil {
		kill()
	}
}

func (g *guard) caught() *caughtPanic {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.first
}

// goSafe runs fn in a goroutine of its own.
func (g *guard) goSafe(fn func()) {
	go func() {
		defer g.recover()
		fn()
	}()
}

// fromScreen is a request of a screen or an overlay to the root, with who made it: one
// that has left, or is covered, can ask for nothing any more.
type fromScreen struct {
	origin screen.ID
	msg    tea.Msg
}

var cmdType = reflect.TypeFor[tea.Cmd]()

// wrap makes a command safe to run and marks what it returns with its origin. Batches
// and sequences are wrapped inside out, because Bubble Tea runs their parts itself.
func (r *root) wrap(origin screen.ID, cmd tea.Cmd) tea.Cmd {
	if cmd == nil {
		return nil
	}
	return func() (out tea.Msg) {
		if origin != r.id {
			r.underWay.Add(1)
			defer r.underWay.Add(-1)
		}
		defer r.guard.recover()
		switch msg := cmd().(type) {
		case nil:
			return nil
		case tea.BatchMsg:
			for i := range msg {
				msg[i] = r.wrap(origin, msg[i])
			}
			return msg
		case screen.Push, screen.Replace, screen.Pop, screen.Open, screen.Close, screen.Enter, screen.Count:
			return fromScreen{origin, msg}
		default:
			// A sequence is a type of Bubble Tea's own; it is a slice of commands all the same.
			if v := reflect.ValueOf(msg); v.Kind() == reflect.Slice && v.Type().Elem() == cmdType {
				for i := range v.Len() {
					v.Index(i).Set(reflect.ValueOf(r.wrap(origin, v.Index(i).Interface().(tea.Cmd))))
				}
			}
			return msg
		}
	}
}
