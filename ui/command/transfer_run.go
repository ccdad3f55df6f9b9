package command

import (
	"context"
	"strings"
	"time"

	"ferry/model"
	"ferry/model/clients"
	"ferry/model/hub"
	"ferry/model/transfers"
)

// pauseLimit is how long a transfer may take to pause after a signal before it is cut off.
// What was kept stays true then, too.
const pauseLimit = 40 * time.Second

// move is one run of a transfer in this process.
type move struct {
	target   string   // the client whose name may have to be given
	clients  []string // all that take part, for what is said of them
	file     string   // as the person named it
	toStdout bool     // the records go there
	goesOn   string   // the command that goes on; "" stands for: ferry transfer resume ID
	lost     bool     // nothing can go on
	options  transfers.Options
	run      func(ctx context.Context, o transfers.Options) (transfers.Status, error)
}

// move runs a transfer until it ends, with its progress on stderr, and says what came of it. The first
// signal pauses it, a second one ends the process.
func (a *app) move(ctx context.Context, h *hub.Hub, m *move) error {
	if err := a.noteInsecureClients(ctx, h, m.clients); err != nil {
		return err
	}
	line := a.transferLine(h.Now, m.toStdout && a.env.Terminals.Out)
	work, stop, release := pausable(ctx, line.pausing)
	defer release()
	o := m.options
	o.Stop, o.Report = stop, line.report
	if o.In != nil {
		o.In = &stoppable{from: o.In, stop: stop}
	}
	var st transfers.Status
	err := a.confirmed(ctx, m.target, "", func(confirm string) (err error) {
		o.Confirm = confirm
		st, err = m.run(work, o)
		return err
	})
	if last := line.end(); st.Transfer.ID == "" {
		st = last
	}
	return a.moved(ctx, h, m, &st, err)
}

// moved says how a transfer ended.
func (a *app) moved(ctx context.Context, h *hub.Hub, m *move, st *transfers.Status, err error) error {
	ran := st.Transfer.ID != ""
	if ran && a.json() && !m.toStdout {
		writeJSON(a.out, transfers.ViewOf(h.Space, st))
	}
	for _, n := range st.State.Progress.Notes {
		a.note("transfer", n)
	}
	switch {
	case err != nil && ctx.Err() != nil:
		return m.interrupted(st, err)
	case err != nil && ran:
		return m.stopped(st, err)
	case err != nil:
		return err
	}
	if !a.json() {
		say("%s", sentence(st, m.file))(a.errOut)
	}
	if text := whatIsWrong(st, m.file); text != "" && !a.json() {
		a.note("transfer", text)
	}
	return nil
}

// interrupted is the end by a signal: how far it came, and the command that goes on.
func (m *move) interrupted(st *transfers.Status, cause error) error {
	e := model.Errorf(model.EInterrupted, "interrupted").WithCause(cause)
	if st.Transfer.ID == "" {
		return e
	}
	e.Message = "paused after " + progressText(counted(st))
	if m.lost {
		e.Message = "interrupted after " + recordCount(st.State.Progress.Records)
	}
	e.Next = m.next(st)
	return e
}

// counted is a status of counts alone.
func counted(st *transfers.Status) *transfers.Status {
	out := *st
	out.Rate, out.State.Progress.Waiting = 0, ""
	return &out
}

// stopped is the error of a run, with the command that was typed where another one is advised to go on.
func (m *move) stopped(st *transfers.Status, err error) error {
	e := *model.AsError(err)
	head, ok := strings.CutSuffix(e.Next, byID(st))
	switch {
	case !ok || m.lost:
	case strings.Contains(head, "--resume"): // with something else, which is said
		e.Next = strings.TrimSuffix(head, "; then ")
	default:
		e.Next = head + m.next(st)
	}
	return &e
}

// byID is how an export or an import goes on from anywhere.
func byID(st *transfers.Status) string {
	return "go on with: ferry transfer resume " + string(st.Transfer.ID)
}

func (m *move) next(st *transfers.Status) string {
	switch {
	case m.lost:
		return ""
	case m.goesOn != "":
		return "go on with: " + m.goesOn
	case st.Transfer.Kind == model.KindSync:
		return "the next run goes on: ferry sync run " + st.Transfer.Name
	}
	return byID(st)
}

// pausable returns a context that outlives the first signal, and a channel that is closed
// by it: what is in flight may end. It has pauseLimit for that. Told is called then.
func pausable(ctx context.Context, told func()) (work context.Context, stop <-chan struct{}, release func()) {
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	closed := make(chan struct{})
	unhook := context.AfterFunc(ctx, func() {
		close(closed)
		told()
		limit := time.AfterFunc(pauseLimit, cancel)
		context.AfterFunc(work, func() { limit.Stop() })
	})
	return work, closed, func() { unhook(); cancel() }
}

// again is the command line of this process with --resume, ready to be pasted.
func (a *app) again() string {
	words := []string{"ferry"}
	for _, w := range a.typed {
		if w != "--resume" && w != "--restart" {
			words = append(words, clients.ShellQuote(w))
		}
	}
	return strings.Join(append(words, "--resume"), " ")
}

// noteInsecureClients says of each client that takes part what must never be silent.
func (a *app) noteInsecureClients(ctx context.Context, h *hub.Hub, names []string) error {
	for _, name := range names {
		if name == "" { // it is gone, which the rules will say
			continue
		}
		c, err := h.Clients.ByName(ctx, h.Space, name)
		if err != nil {
			return err
		}
		a.noteInsecure(&c)
	}
	return nil
}
