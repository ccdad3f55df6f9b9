package transfers

import (
	"context"
	"io"
	"strings"

	"ferry/model"
	"ferry/model/spaces"
)

// Start stores an export or an import and runs it until it ends: done, or an error that
// says why it stopped and how to go on. With Options.Resume, what was begun goes on.
//
// EInvalid, ENotFound (client, file, nothing to resume), EDisabled, EProtected, EExists
// (the file, or something unfinished for it), EBusy (it runs already), EPaused (somebody paused or
// cancelled it), ENoSpace (paused, everything durable), and whatever Mover returns.
func (s *Service) Start(ctx context.Context, space model.Space, d Draft, o Options) (Status, error) {
	if d.Kind == model.KindSync {
		return Status{}, model.Errorf(model.EInvalid, "a sync is created, and then run").WithField("kind").
			WithNext("ferry sync create NAME")
	}
	p, err := s.compose(ctx, space, d)
	if err != nil {
		return Status{}, err
	}
	if err := streams(&p.t, &o); err != nil {
		return Status{}, err
	}
	// Two that start the same at once: the second one sees what the first one stored.
	unlock, err := s.lock(ctx, "transfers-"+string(space.ID), startWait, func() error {
		return model.Errorf(model.EBusy, "another transfer is being started").WithNext("try again")
	})
	if err != nil {
		return Status{}, err
	}
	defer unlock()
	id, err := s.prepare(ctx, space, &p, o)
	if err != nil {
		return Status{}, err
	}
	if id != "" {
		unlock()
		return s.execute(ctx, space, id, o, how{trigger: model.TriggerResume, tune: &p.t.Write})
	}
	now := s.p.Now()
	p.t.ID, p.t.Revision = s.p.NewID(now), 1
	p.t.Created = model.Stamp{At: now, By: model.ActorFrom(ctx).Label()}
	p.t.Updated = p.t.Created
	out, err := s.execute(ctx, space, p.t.ID, o, how{fresh: &p.t, trigger: model.TriggerPerson, begun: unlock})
	s.prune(ctx, space)
	return out, err
}

// streams is the rule that "-" needs a stream, and that a stream neither goes on nor waits
// for another.
func streams(t *model.Transfer, o *Options) error {
	if t.File.Path != stream {
		return nil
	}
	switch {
	case t.Kind == model.KindExport && o.Out == nil, t.Kind == model.KindImport && o.In == nil:
		return model.Errorf(model.EInvalid, "there is no standard stream here").WithField("file").WithNext("name a file")
	case o.Resume:
		return model.Errorf(model.EInvalid, "a standard stream cannot go on where it was cut off").WithField("resume").WithNext("start it again")
	}
	return nil
}

// prepare looks for what was begun for the same sides and file. It returns the id of what is to
// be resumed, or "" when p is to be stored.
func (s *Service) prepare(ctx context.Context, space model.Space, p *plan, o Options) (resume model.ID, err error) {
	if p.t.File.Path == stream {
		return "", nil
	}
	open, empty, err := s.unfinished(ctx, space, &p.t)
	if err != nil {
		return "", err
	}
	switch {
	case o.Resume && len(open) == 0:
		for i := range empty { // one that has only just begun
			if err := s.idleOrBusy(ctx, space, empty[i].ID); err != nil {
				return "", err
			}
		}
		return "", model.Errorf(model.ENotFound, "there is nothing to resume: nothing unfinished has these sides and this file").
			WithField("resume").WithNext("start it without --resume")
	case o.Resume:
		newest := open[len(open)-1]
		return newest.ID, asStored(&newest, &p.t, p.names())
	case len(open) > 0 && !o.Restart:
		return "", s.begunAlready(ctx, space, &open[len(open)-1], p.names())
	}
	if p.t.Kind == model.KindExport && !o.Replace && s.p.Files.Exists(p.t.File.Path) {
		return "", model.Errorf(model.EExists, "%s is there already", model.Printable(p.t.File.Path)).
			WithField("file").WithNext("replace it with --yes, or choose another name")
	}
	if err := s.mayStart(ctx, space, &p.t, o.Confirm); err != nil {
		return "", err // before anything is given up for it
	}
	for _, t := range append(open, empty...) {
		if err := s.giveUp(ctx, space, &t, "given up for another start"); err != nil {
			return "", err
		}
	}
	return "", nil
}

// mayStart is what begin will ask, without storing anything.
func (s *Service) mayStart(ctx context.Context, space model.Space, t *model.Transfer, confirm string) error {
	return s.p.Store.View(ctx, func(tx model.Tx) error {
		sp, err := spaces.Live(tx, space.ID)
		if err != nil {
			return err
		}
		_, _, err = mayUse(ctx, tx, sp, t, confirm)
		return err
	})
}

// begunAlready is EBusy when something runs, EExists when it can be resumed.
func (s *Service) begunAlready(ctx context.Context, space model.Space, t *model.Transfer, names map[model.ID]string) error {
	if err := s.idleOrBusy(ctx, space, t.ID); err != nil {
		return err
	}
	var st model.TransferState
	if err := s.p.Store.View(ctx, func(tx model.Tx) (err error) {
		st, err = tx.Transfers().State(space.ID, t.ID)
		return err
	}); err != nil {
		return err
	}
	return model.Errorf(model.EExists, "%s was begun already: %d records are there", model.Printable(title(t, names)), st.Kept.Records).
		WithField("resume").WithNext("go on with --resume, or begin anew with --restart")
}

// unfinished returns what was begun for the same sides and file and has not ended, oldest
// first; what came to nothing, so that nothing is lost with it, as empty.
func (s *Service) unfinished(ctx context.Context, space model.Space, like *model.Transfer) (open, empty []model.Transfer, err error) {
	err = s.each(ctx, space, func(t *model.Transfer, st *model.TransferState) {
		same := t.Kind == like.Kind && t.File.Path == like.File.Path && sameSide(&t.Source, &like.Source) && sameSide(&t.Target, &like.Target)
		// Of an import a request may be under way as soon as there is a checkpoint.
		none := st.Checkpoint == nil || t.Kind == model.KindExport && st.Kept.Records == 0
		switch {
		case !same || st.Phase.Ended():
		case none:
			empty = append(empty, *t)
		default:
			open = append(open, *t)
		}
	})
	return open, empty, err
}

// idleOrBusy is EBusy when somebody runs a transfer just now.
func (s *Service) idleOrBusy(ctx context.Context, space model.Space, id model.ID) error {
	unlock, err := s.lockRun(ctx, space, id)
	if err == nil {
		unlock()
	}
	return err
}

func sameSide(a, b *model.Endpoint) bool { return a.Client == b.Client && a.Path == b.Path }

// asStored is the rule that what goes on does so with the settings it was begun with:
// EInvalid naming the first field that was given and differs. What was not given does not.
func asStored(stored, given *model.Transfer, names map[model.ID]string) error {
	for _, ch := range changes(stored, given, names) {
		if ch.To == "" || ch.Field == "parallel" || ch.Field == "max_rejects" {
			continue // not given, or of this run alone
		}
		from := "without it"
		if ch.From != "" {
			from = "with " + model.Printable(ch.From)
		}
		return model.Errorf(model.EInvalid, "%s: it was begun %s, and goes on with the settings it was begun with",
			strings.ReplaceAll(ch.Field, "_", "-"), from).WithField(ch.Field).
			WithNext("leave the flag out, or begin anew with --restart")
	}
	return nil
}

// Continue goes on with a paused, failed or interrupted export or import by its id.
func (s *Service) Continue(ctx context.Context, space model.Space, id model.ID, o Options) (Status, error) {
	return s.execute(ctx, space, id, o, how{trigger: model.TriggerResume})
}

// Preview returns the first n requests that an import would send. Nothing is stored or sent.
func (s *Service) Preview(ctx context.Context, space model.Space, d Draft, in io.Reader, n int) ([]model.PlannedRequest, error) {
	if d.Kind != model.KindImport {
		return nil, model.Errorf(model.EInvalid, "only an import has requests to be shown").WithField("dry_run").WithNext("leave --dry-run out")
	}
	p, err := s.compose(ctx, space, d)
	if err != nil {
		return nil, err
	}
	if err := streams(&p.t, &Options{In: in}); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	// Nothing is sent, so no name is asked for.
	link, err := s.p.Calls.Link(ctx, space, p.target, false, "", false)
	if err != nil {
		return nil, err
	}
	now := s.p.Now()
	p.t.ID = s.p.NewID(now)
	return s.p.Mover.Preview(ctx, model.Job{
		Transfer: p.t, Run: s.p.NewID(now), Target: link, Files: s.p.Files, In: in, Stop: ctx.Done(),
		Keep: func(context.Context, []byte, model.Progress, []model.TransferFault) error { return nil },
		Report: func(model.Progress) {
		},
	}, n)
}

// over reports whether nothing more can come of an export or an import. A stream that
// failed cannot go on.
func over(t *model.Transfer, st *model.TransferState) bool {
	failed := st.Phase == model.PhaseFailed && t.File.Path == stream
	return t.Kind != model.KindSync && (st.Phase.Ended() || failed)
}

// prune drops the oldest of the exports and imports that have ended beyond MaxEnded. It is
// housekeeping: what cannot be dropped now is dropped another time.
func (s *Service) prune(ctx context.Context, space model.Space) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), finalWait)
	defer cancel()
	var ended []model.ID
	err := s.each(ctx, space, func(t *model.Transfer, st *model.TransferState) {
		if over(t, st) {
			ended = append(ended, t.ID)
		}
	})
	for _, id := range ended[:max(len(ended)-model.MaxEnded, 0)] {
		if err == nil {
			err = s.remove(ctx, space, id, nil)
		}
	}
	logUnlessOver(ctx, "old transfers not dropped", err)
}

// each hands over every transfer of a space with its state, in the order of ids.
func (s *Service) each(ctx context.Context, space model.Space, fn func(*model.Transfer, *model.TransferState)) error {
	states := map[model.ID]model.TransferState{}
	err := model.EachPage(ctx, s.p.Store, func(tx model.Tx, after model.ID, limit int) ([]model.TransferState, error) {
		return tx.Transfers().States(space.ID, after, limit)
	}, func(st *model.TransferState) model.ID { return st.Transfer }, func(page []model.TransferState) {
		for i := range page {
			states[page[i].Transfer] = page[i]
		}
	})
	if err != nil {
		return err
	}
	return model.EachPage(ctx, s.p.Store, func(tx model.Tx, after model.ID, limit int) ([]model.Transfer, error) {
		return tx.Transfers().Page(space.ID, after, limit)
	}, func(t *model.Transfer) model.ID { return t.ID }, func(page []model.Transfer) {
		for i := range page {
			st := states[page[i].ID]
			fn(&page[i], &st)
		}
	})
}
