// Package exporting runs one export: it takes the records of a paged source, shapes them,
// and writes them to a file that is whole or not there, or to a stream.
//
// It imports model and its siblings paging and record; files come as model.Files. It never
// holds more than a few megabytes of records, never decodes a record that no jq filter
// asks for, and never calls a byte kept that is not durable.
package exporting

import (
	"context"
	"time"

	"ferry/auth/transfer/paging"
	"ferry/model"
)

// Engine runs jobs of one kind; it keeps nothing between them.
type Engine struct {
	Compile model.FilterCompiler
	Now     model.Clock

	// each stands in for paging.Source.Each in tests; nil is the real one.
	each   reader
	limits *limits // nil: the usual ones
}

type reader func(ctx context.Context, s *paging.Source, p paging.Position, v paging.Visitor) (paging.Stats, error)

// stream is the path that means Job.Out.
const stream = "-"

// Run implements the Export of model.Mover. The part file beside the target holds what
// came so far; a job with a checkpoint goes on behind what the checkpoint stands for. A
// stream has neither: it begins anew each time.
//
// Beside the errors of model.Mover: EExists when the file is there and Job.Replace is
// false; EInvalid, with --restart as the next step, when the part file is not what the
// checkpoint left; EInvalid, field "jq", naming the record that the filter does not fit;
// EInterrupted when whoever read a stream closed it.
func (e Engine) Run(ctx context.Context, j model.Job) error {
	if err := e.Check(&j.Transfer); err != nil {
		return err
	}
	if j.Transfer.File.Path == stream {
		return e.toStream(ctx, j)
	}
	return e.toFile(ctx, j)
}

func (e Engine) toStream(ctx context.Context, j model.Job) error {
	if j.Out == nil {
		return model.Errorf(model.EInvalid, "there is no stream to write to").WithField("file")
	}
	r, err := e.newRun(ctx, j, checkpoint{})
	if err != nil {
		return err
	}
	return r.run(newOut(ctx, j.Out, nil, j.Transfer.File.Gzip, 0))
}

func (e Engine) toFile(ctx context.Context, j model.Job) error {
	path := j.Transfer.File.Path
	cp, err := decode(j.Checkpoint)
	if err != nil {
		return err
	}
	if !cp.Whole && !j.Replace && j.Files.Exists(path) {
		return exists(path)
	}
	f, err := j.Files.Part(path)
	if err != nil {
		return err
	}
	defer f.Close() // what counts was synced; until then nobody else may take the file
	if cp.Whole && renamed(j.Files, f, path, cp.Size) {
		return j.Files.Discard(path)
	}
	kept, err := e.fill(ctx, j, f, cp)
	if err != nil {
		if !kept && len(j.Checkpoint) == 0 {
			_ = j.Files.Discard(path) // nothing came; the error says why
		}
		return err
	}
	return j.Files.Finish(path, j.Replace)
}

// fill makes the part file whole. Kept says that there may be a checkpoint for it.
func (e Engine) fill(ctx context.Context, j model.Job, f model.File, cp checkpoint) (kept bool, err error) {
	if err := cut(f, cp); err != nil || cp.Whole {
		return cp.Whole, err
	}
	r, err := e.newRun(ctx, j, cp)
	if err != nil {
		return false, err
	}
	err = r.run(newOut(ctx, f, f, j.Transfer.File.Gzip, cp.Size))
	return r.tried.Load(), err
}

// renamed reports whether a run was cut off after its file had got its name: the part file
// is a new one then, and the file is there with the size that was kept.
func renamed(files model.Files, part model.File, path string, size int64) bool {
	if n, err := part.Size(); err != nil || n >= size && size > 0 || !files.Exists(path) {
		return false
	}
	f, err := files.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	n, err := f.Size()
	return err == nil && n == size
}

func (e Engine) now() time.Time {
	if e.Now == nil {
		return time.Now()
	}
	return e.Now()
}
