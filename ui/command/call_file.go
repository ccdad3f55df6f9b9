package command

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"ferry/model"
)

// saveTo begins the file of -o. On a terminal a file that is there is asked about.
func (a *app) saveTo(ctx context.Context, name string) (*saved, error) {
	if _, err := a.mayReplace(ctx, name, "no call was made"); err != nil {
		return nil, err
	}
	return a.files().save(name)
}

// mayReplace asks about a file that is there. It reports whether the person said yes;
// EConfirm, with what did not happen, when they said no.
func (a *app) mayReplace(ctx context.Context, name, otherwise string) (bool, error) {
	if !a.files().isRegular(name) {
		return false, nil
	}
	ok, err := a.agreed(ctx, model.Printable(name)+" exists. Overwrite it?")
	if err == nil && !ok {
		err = model.Errorf(model.EConfirm, "%s was left as it is, and %s", model.Printable(name), otherwise).
			WithNext("choose another name, or add --yes")
	}
	return err == nil, err
}

// receiving counts what goes to a file, and says on a terminal how far that is.
type receiving struct {
	to    io.Writer
	line  *progressLine
	began time.Time
	bytes uint64
}

func (a *app) received(now model.Clock, to io.Writer) *receiving {
	return &receiving{to: to, line: a.progress(now), began: now()}
}

// Write implements io.Writer.
func (r *receiving) Write(p []byte) (int, error) {
	n, err := r.to.Write(p)
	r.bytes += uint64(max(n, 0))
	if r.line.a.env.Terminals.Err {
		r.line.say(func(at time.Time) string {
			rate := float64(r.bytes) / max(at.Sub(r.began).Seconds(), 0.001)
			return fmt.Sprintf("ferry: %s received, %s/s", humanize.Bytes(r.bytes), humanize.Bytes(uint64(rate)))
		})
	}
	return n, err
}

// say shows another state of the line, unless it changed just now.
func (p *progressLine) say(text func(at time.Time) string) {
	at := p.now()
	if p.a.json() || at.Sub(p.said) < progressEvery {
		return
	}
	p.said = at
	line := text(at)
	if line == p.text {
		return
	}
	p.text = line
	fmt.Fprint(p.a.errOut, "\r"+line+strings.Repeat(" ", max(0, p.shown-len(line))))
	p.shown = len(line)
}
