package exporting

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"syscall"

	"ferry/model"
)

// explain says what became of what was read before err.
func (r *run) explain(err error) error {
	if r.ctx.Err() != nil {
		return r.ctx.Err()
	}
	if errors.Is(err, model.ErrStopped) {
		return err
	}
	if r.out.file == nil && errors.Is(err, syscall.EPIPE) {
		return model.Errorf(model.EInterrupted, "whoever read the output closed it, after %s", count(r.pos.Records, "record")).WithCause(err)
	}
	if noSpace(err) {
		return r.full(err)
	}
	if werr := r.out.failed(); werr != nil && errors.Is(err, werr) && !coded(err) {
		err = model.Errorf(model.EInternal, "%s could not be written", r.name()).WithCause(err)
	}
	if r.out.file == nil {
		return err
	}
	return r.keeping(*model.AsError(err))
}

// keeping adds to an error what is kept, and how to go on.
func (r *run) keeping(e model.Error) error {
	kept := r.kept.Load()
	// The source says itself what came before the page that failed.
	said := r.own == nil && kept != nil && kept.Position.Page == r.pos.Page
	switch {
	case kept == nil || kept.Position.Page == 0:
		if r.own != nil || r.pos.Page > 0 {
			e.Message += "; nothing is kept"
		}
		return &e
	case !said:
		e.Message += "; " + kept.words()
	}
	resume := fmt.Sprintf("--resume goes on from page %d", kept.Position.Page+1)
	if e.Next != "" {
		resume = e.Next + "; then " + resume
	}
	e.Next = resume
	return &e
}

func (r *run) full(err error) error {
	kept := r.kept.Load()
	switch {
	case r.out.file == nil:
		return model.Errorf(model.ENoSpace, "there is no space left where the output goes").
			WithNext("free some space there").WithCause(err)
	case kept == nil:
		return model.Errorf(model.ENoSpace, "there is no space left for %s; nothing is kept", r.name()).
			WithNext("free some space, or choose another place with -o").WithCause(err)
	}
	return model.Errorf(model.ENoSpace, "there is no space left for %s; %s", r.name(), kept.words()).
		WithNext("free some space, then run it again with --resume").WithCause(err)
}

func (r *run) name() string {
	if r.out.file == nil {
		return "the output"
	}
	return model.Printable(filepath.Base(r.j.Transfer.File.Path))
}

// words says how much is kept.
func (c *checkpoint) words() string {
	are := "are"
	if c.Position.Records == 1 {
		are = "is"
	}
	return count(c.Position.Records, "record") + " of " + count(c.Position.Page, "page") + " " + are + " kept"
}

func count(n int64, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// noSpace reports whether a write failed because nothing more fits: the disk, a quota or
// the limit on the size of a file.
func noSpace(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, syscall.EFBIG) ||
		errors.Is(err, io.ErrShortWrite) || coded(err) && model.CodeOf(err) == model.ENoSpace
}

func coded(err error) bool {
	var e *model.Error
	return errors.As(err, &e)
}

// misfit names the record that a filter does not fit. The run stops there: a record that
// is left out without a word would be missed by nobody.
func (r *run) misfit(err error) error {
	if r.failed != nil || r.ctx.Err() != nil || errors.Is(err, context.Canceled) || !coded(err) {
		return err
	}
	e := *model.AsError(err)
	e.Field = "jq"
	e.Message = fmt.Sprintf("record %d (number %d of page %d): %s", r.pos.Records+r.page.records, r.page.records, r.page.number, e.Message)
	e.Next = "look at that record, and let the filter deal with it, as in: select(.price) or .price?"
	return &e
}

func exists(path string) error {
	return model.Errorf(model.EExists, "the file %s is there already", model.Printable(filepath.Base(path))).
		WithField("file").WithNext("choose another name, or replace it with --yes")
}
