// Package screen is the contract between the root model and the screens: what a
// screen can do, the routes that lead to screens, and the messages by which a screen
// asks the root for something. It knows no screen.
//
// It imports model and the look of the console (theme, keymap); it must never import
// a package below ui/screens.
package screen

import (
	"context"
	"sync/atomic"

	"charm.land/bubbles/v2/help"
	tea "charm.land/bubbletea/v2"

	"ferry/model/hub"
	"ferry/ui/runner"
	"ferry/ui/theme"
)

// ID tells one instance of a screen from every other; replies are addressed by it.
type ID uint64

var lastID atomic.Uint64

// NewID returns an ID that no other screen has.
func NewID() ID { return ID(lastID.Add(1)) }

// Screen is one place of the console. It is a pointer; only the root is a tea.Model.
// Update and View do no I/O and take no lock. View fills at most the size last set;
// the first View comes before any size is known.
type Screen interface {
	ID() ID
	// Init starts what the screen needs; it runs once, before the first Update.
	Init() tea.Cmd
	Update(msg tea.Msg) tea.Cmd
	View() string
	SetSize(width, height int)
	// Keys is the one table from which matching, the help line and the ? page come.
	Keys() help.KeyMap
	// Title is the screen's part of the breadcrumb.
	Title() string
}

// Capturer is a screen in which a field may be typed in. While it is capturing, no
// one-letter global key is taken from it.
type Capturer interface{ Capturing() bool }

// CursorHolder is a screen that shows the terminal's cursor, relative to its own View.
type CursorHolder interface{ Cursor() *tea.Cursor }

// Closer is told when the screen is popped, after its context was cancelled.
type Closer interface{ Close() }

// Resumer is told when it is the top again: the result of the screen or overlay that
// was above it, nil when that was cancelled.
type Resumer interface{ Resume(result any) tea.Cmd }

// Guard is a screen that may hold unsaved changes. Unsaved says in words what would be
// lost by leaving, "" when nothing; the root asks before it pops or quits.
type Guard interface{ Unsaved() string }

// Backer is a screen in which "back" first undoes something of its own, such as
// clearing a filter. Back reports whether it did.
type Backer interface{ Back() bool }

// Rebinder is a screen that goes on when somebody renamed or protected the space it works
// in: h is the same hub with the space as it is stored now. A command that is under way
// keeps what it was given. A screen that is no Rebinder is built anew instead, unless
// that would lose unsaved changes.
type Rebinder interface{ Rebind(h *hub.Hub) }

// Ticker is a screen or overlay that needs Tick while something on it counts down.
// Without one no timer runs.
type Ticker interface{ Ticking() bool }

// Canceler is a screen with something under way that ctrl-c can stop. Cancel reports
// whether there was anything to stop.
type Canceler interface{ Cancel() bool }

// Graced is an overlay that asks about something destructive: for a moment after it
// opened it takes no keys, so that a key meant for the screen below does not answer it.
type Graced interface{ Graced() bool }

// Overlay is a dialog above a screen: it takes every key, and is closed by Close.
type Overlay interface {
	Update(msg tea.Msg) tea.Cmd
	View() string // including its frame, at most the size last set
	SetSize(width, height int)
	Keys() help.KeyMap
}

// Replied is an overlay with requests of its own: replies to its ID reach it. It is
// started by Init, and ctrl-c stops it through Canceler before it closes it.
type Replied interface {
	ID() ID
	Init() tea.Cmd
}

// Env is what the root hands to the constructor of a screen.
type Env struct {
	// Ctx ends when the screen is popped. It carries the actor.
	Ctx context.Context
	// Hub is nil before the vault is open.
	Hub *hub.Hub
	// Door is what stands before the hub; the unlock screen alone needs it.
	Door hub.Door
	// Styles is shared and rebuilt in place when the background is known.
	Styles *theme.Styles
	// Runner runs the transfers that are started here, beside the screens.
	Runner *runner.Runner
	// Restricted is true under --restricted: no editor, no shell, no file.
	Restricted bool
}
