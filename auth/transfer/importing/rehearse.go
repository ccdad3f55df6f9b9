package importing

import (
	"context"
	"fmt"

	"ferry/model"
)

// rehearse reads the whole file, shapes every record and finds its path, and sends
// nothing. EInvalid, with the faults kept, when one record cannot be sent.
func (r *run) rehearse(ctx context.Context) error {
	var kept []model.TransferFault
	var p model.Progress
	at := r.engine.Now()
	err := r.planner.each(ctx, func(u *unit) error {
		select {
		case <-r.job.Stop:
			return model.ErrStopped
		default:
		}
		p.Records += u.ends
		p.Rejected += int64(len(u.faults))
		for i := range u.faults {
			if len(kept) < model.MaxFaults { // the first ones: whoever mends a file begins at its top
				kept = append(kept, u.faults[i].kept(at))
			}
		}
		return nil
	})
	if err == nil && p.Rejected == 0 {
		return r.again()
	}
	if err != nil && model.CodeOf(err) != model.EInvalid {
		return err
	}
	p.Size, p.Bytes = r.source.id.Size, r.source.taken.Load()
	if kerr := r.job.Keep(ctx, nil, p, kept); kerr != nil {
		return kerr
	}
	if err != nil {
		e := *model.AsError(err)
		e.Message += "; nothing was sent"
		return &e
	}
	text := fmt.Sprintf("%d of %d records cannot be sent, so that nothing was", p.Rejected, p.Records)
	for i := range kept {
		if i == 3 {
			text += " …"
			break
		}
		text += fmt.Sprintf("; row %d: %s", kept[i].Row, kept[i].Reason)
	}
	return model.Errorf(model.EInvalid, "%s", text).WithField("file").
		WithNext("mend these rows, or leave out --all-or-nothing")
}

// again brings the run back to the beginning of the file.
func (r *run) again() error {
	if err := r.source.begin(r.job.Transfer.File.Gzip); err != nil {
		return err
	}
	r.planner = newPlanner(&r.job.Transfer, r.source.reader, r.planner.filter)
	return nil
}
