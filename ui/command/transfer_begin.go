package command

import (
	"context"
	"errors"
	"path/filepath"

	"ferry/model"
	"ferry/model/hub"
	"ferry/model/transfers"
)

// begun starts an export or an import, or goes on with it. Where --resume finds nothing that
// was begun, it begins, so that a script may repeat one line until it is done.
func (a *app) begun(ctx context.Context, h *hub.Hub, d transfers.Draft, o transfers.Options) (transfers.Status, error) {
	st, err := h.Transfers.Start(ctx, h.Space, d, o)
	var e *model.Error
	if !o.Resume || !errors.As(err, &e) || e.Code != model.ENotFound || e.Field != "resume" {
		return st, err
	}
	if d.Kind == model.KindImport || a.files().isRegular(d.File.Path) {
		if done, found, err := a.doneAlready(ctx, h, &d); err != nil || found {
			return done, err
		}
	}
	o.Resume = false
	return h.Transfers.Start(ctx, h.Space, d, o)
}

// doneAlready looks for an import of this file, as it is now, that was done: to begin it
// once more would send everything twice. Or for an export that made the file, and was
// killed before it could say so.
func (a *app) doneAlready(ctx context.Context, h *hub.Hub, d *transfers.Draft) (transfers.Status, bool, error) {
	info, err := a.files().stat(d.File.Path)
	if err != nil {
		return transfers.Status{}, false, fileError(err, d.File.Path, "file")
	}
	all, err := h.Transfers.List(ctx, h.Space, nil)
	for i := range all {
		st := &all[i]
		t := &st.Transfer
		same := t.Kind == model.KindImport && t.Target.Path == d.Target.Path && st.TargetName == d.Target.Client &&
			filepath.Base(t.File.Path) == filepath.Base(d.File.Path)
		if t.Kind == model.KindExport && d.Kind == t.Kind && st.Phase == model.PhaseDone && t.Source.Path == d.Source.Path && st.SourceName == d.Source.Client &&
			filepath.Base(t.File.Path) == filepath.Base(d.File.Path) && !info.ModTime().After(st.State.Ended) {
			a.note("resume", "this export was done already; to make the file again, add --yes and leave --resume out")
			return *st, true, err
		}
		if same && d.Kind == t.Kind && st.Phase == model.PhaseDone && info.ModTime().Before(t.Created.At) {
			a.note("resume", "this import was done already, and nothing was sent; to send the file again, leave --resume out")
			return *st, true, err
		}
	}
	return transfers.Status{}, false, err
}
