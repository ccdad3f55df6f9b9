package flow

import (
	tea "charm.land/bubbletea/v2"

	"ferry/ui/screen"
)

// Progress takes how far a request has come to the screen it runs for. Only the newest
// count matters, so that whoever tells it waits for nobody.
type Progress struct {
	to screen.ID
	ch chan int
}

// NewProgress returns the progress of one request of the screen to.
func NewProgress(to screen.ID) Progress { return Progress{to, make(chan int, 1)} }

// Tell tells a count, in place of one that was not taken yet.
func (p Progress) Tell(n int) {
	select {
	case <-p.ch:
	default:
	}
	p.ch <- n
}

// End says that no count comes any more. The request calls it when it ends.
func (p Progress) End() { close(p.ch) }

// Next waits for the next count, which comes as a Reached.
func (p Progress) Next() tea.Cmd {
	return func() tea.Msg {
		n, ok := <-p.ch
		if !ok {
			return nil
		}
		return Reached{N: n, Progress: p}
	}
}

// Reached says how far a request has come. A screen that takes it asks for the Next.
type Reached struct {
	Progress
	N int
}

// Addressee implements screen.Addressed.
func (r Reached) Addressee() screen.ID { return r.to }
