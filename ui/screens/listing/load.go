package listing

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"ferry/model"
	"ferry/ui/screen"
	"ferry/ui/screens/flow"
	"ferry/ui/widget"
)

// fresh is what a load came to, measured and sorted where nobody waits for it.
type fresh[T any] struct {
	rows   []T
	extra  any
	sort   int   // which of the orders
	order  []int // as it sorts them
	widest int
}

// Reload gets the list anew; what is shown stays until it has come.
func (l *List[T]) Reload() tea.Cmd {
	if l.load.Running() {
		l.stale = true
		return nil
	}
	l.stale = false
	h, o, sort, progress := l.Env.Hub, l.o, l.Sort, flow.NewProgress(l.self)
	load := screen.Start(l.Env.Ctx, l.self, &l.load, func(ctx context.Context) (fresh[T], error) {
		defer progress.End()
		rows, extra, err := o.Load(ctx, h, progress.Tell)
		out := fresh[T]{rows: rows, extra: extra, sort: sort}
		for i := range rows {
			out.widest = max(out.widest, widget.Width(model.Printable(o.Name(&rows[i]))))
		}
		if len(o.Orders) > 0 {
			out.order = sorted(rows, o.Orders[sort])
		}
		return out, err
	})
	return tea.Batch(load, progress.Next())
}

func (l *List[T]) accept(reply screen.Reply[fresh[T]]) tea.Cmd {
	if !screen.Accept(&l.load, reply) {
		return nil
	}
	var cmds []tea.Cmd
	if l.Err = reply.Err; l.Err == nil {
		at, got := l.currentID(), reply.Value
		l.Rows, l.order, l.Widest, l.Known = got.rows, got.order, got.widest, true
		if got.sort != l.Sort { // it was sorted otherwise meanwhile
			l.order = sorted(l.Rows, l.o.Orders[l.Sort])
		}
		l.dropMarks()
		l.find()
		l.Place(at)
		if l.o.Place != 0 {
			cmds = append(cmds, screen.Send(screen.Count{Place: l.o.Place, N: len(l.Rows)}))
		}
	}
	if l.o.Loaded != nil {
		cmds = append(cmds, l.o.Loaded(reply.Value.extra, reply.Err))
	}
	if l.stale {
		cmds = append(cmds, l.Reload())
	}
	return tea.Batch(cmds...)
}
