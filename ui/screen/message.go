package screen

import (
	"context"
	"reflect"
	"strings"

	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/model/hub"
)

// Messages by which a screen asks the root for something.
type (
	// Push goes to a route; back returns here.
	Push struct{ Route Route }
	// Replace goes to a route in place of the screen that asks.
	Replace struct{ Route Route }
	// Pop leaves the screen; the one below is resumed with Result.
	Pop struct{ Result any }
	// Open puts an overlay above the screen.
	Open struct{ Overlay Overlay }
	// Close takes the top overlay away; the screen is resumed with Result, nil when the
	// overlay was cancelled.
	Close struct{ Result any }
	// Notice shows one line to the person until the next key or a few seconds pass.
	Notice struct {
		Level Level
		Text  string // sanitised by the root
	}
	// Changed tells every screen in the stack that the store changed, by whomever.
	Changed struct{}
	// Tick comes once a second while something on screen counts down: while the top
	// screen or overlay is a Ticker and says so.
	Tick struct{}
	// Opened says that the vault is open; the root enters the hub.
	Opened struct{ Hub *hub.Hub }
	// Enter goes to another space: the root starts anew at its clients.
	Enter struct{ Space model.Space }
	// Count tells how many records a place holds, for the line of places. A Text shows in
	// place of the number: what a place has that is no number.
	Count struct {
		Place Place
		N     int
		Text  string
	}
)

// Place is one of the numbered places.
type Place int

// The places there are.
const (
	PlaceClients   Place = 1
	PlaceAPIUsers  Place = 2
	PlaceTransfers Place = 3
	PlaceAudit     Place = 4
	PlaceServer    Place = 5
)

// Level is how a notice is meant.
type Level int

// The levels of a notice.
const (
	Info Level = iota
	Success
	Warning
	Failure
)

// Send returns the command that delivers msg: the way for a screen to ask the root. It is
// not inlined because IsSent knows what it made by its code.
//
//go:noinline
func Send(msg tea.Msg) tea.Cmd { return func() tea.Msg { return msg } }

var sendCode = reflect.ValueOf(Send(nil)).Pointer()

// IsSent reports whether Send made cmd. Such a command waits for nothing, so the root
// runs it at once: a key that is typed right behind, in the same packet of a slow
// connection perhaps, then meets the screen it is meant for.
func IsSent(cmd tea.Cmd) bool { return cmd != nil && reflect.ValueOf(cmd).Pointer() == sendCode }

// Reply carries what an asynchronous request of a screen came to. The root hands it
// to the screen it is addressed to, if that is still there.
type Reply[T any] struct {
	To    ID
	Seq   uint64
	Value T
	Err   error
}

// Addressee returns the screen that the reply is for.
func (r Reply[T]) Addressee() ID { return r.To }

// Addressed is any message for one screen only.
type Addressed interface{ Addressee() ID }

// Requests numbers the requests of one kind that a screen makes, so that a reply
// older than the newest request is told apart and dropped.
type Requests struct {
	seq    uint64
	cancel context.CancelFunc
}

// Start returns the command that runs fn and replies. A request of the same kind that
// is under way is cancelled and its reply will not be accepted.
func Start[T any](ctx context.Context, to ID, r *Requests, fn func(context.Context) (T, error)) tea.Cmd {
	r.Cancel()
	r.seq++
	seq := r.seq
	ctx, r.cancel = context.WithCancel(ctx)
	return func() tea.Msg {
		value, err := fn(ctx)
		return Reply[T]{To: to, Seq: seq, Value: value, Err: err}
	}
}

// Cancel cancels the request under way, if there is one; its reply still comes.
func (r *Requests) Cancel() {
	if r.cancel != nil {
		r.cancel()
		r.cancel = nil
	}
}

// Stop cancels the request under way, whose reply is still accepted: what it came to by
// then is of interest.
func (r *Requests) Stop() {
	if r.cancel != nil {
		r.cancel()
	}
}

// Running reports whether a request is under way.
func (r *Requests) Running() bool { return r.cancel != nil }

// Accept reports whether a reply answers the newest request, and ends that request.
func Accept[T any](r *Requests, reply Reply[T]) bool {
	if reply.Seq != r.seq || r.cancel == nil {
		return false
	}
	r.Cancel()
	return true
}

// Failed is the notice for an error: its message, and the next step unless that is a
// command line, which is of no use inside the console.
func Failed(err error) Notice {
	e := model.AsError(err)
	text := e.Message
	if e.Next != "" && !strings.Contains(e.Next, "--") && !strings.Contains(e.Next, "ferry ") {
		text += " – " + e.Next
	}
	return Notice{Level: Failure, Text: text}
}
