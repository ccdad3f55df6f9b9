package importing

import (
	"context"
	"errors"
	"sync"
	"time"

	"ferry/auth/transfer/importing/journal"
	"ferry/model"
)

var errDead = errors.New("the process is gone")

// killer ends a run at its nth event as a kill would: from then on nothing is written,
// kept or sent any more.
type killer struct {
	mu     sync.Mutex
	at     int // 0: never
	events int
	dead   bool
	cancel context.CancelFunc
}

func (k *killer) event() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.events++; k.events == k.at {
		k.dead = true
		k.cancel()
	}
	if k.dead {
		return errDead
	}
	return nil
}

// around is an event before and one after fn; a write that began may be half-way.
func (k *killer) around(fn func() (int, error), half func()) (int, error) {
	if err := k.event(); err != nil {
		if k.justDied() {
			half()
		}
		return 0, err
	}
	n, err := fn()
	if derr := k.event(); derr != nil {
		return n, derr
	}
	return n, err
}

func (k *killer) justDied() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.events == k.at
}

type dyingHandle struct {
	journal.Handle
	k *killer
}

func (h *dyingHandle) Write(p []byte) (int, error) {
	return h.k.around(func() (int, error) { return h.Handle.Write(p) }, func() { _, _ = h.Handle.Write(p[:len(p)/2]) })
}

type dyingFiles struct {
	model.Files
	k *killer
}

func (f *dyingFiles) Append(name string) (model.File, error) {
	file, err := f.Files.Append(name)
	return &dyingFile{file, f.k}, err
}

type dyingFile struct {
	model.File
	k *killer
}

func (f *dyingFile) Write(p []byte) (int, error) {
	return f.k.around(func() (int, error) { return f.File.Write(p) }, func() { _, _ = f.File.Write(p[:len(p)/2]) })
}

func (f *dyingFile) Truncate(size int64) error {
	if err := f.k.event(); err != nil {
		return err
	}
	return f.File.Truncate(size)
}

// killed runs the job and kills it at event at; 0 lets it run to its end. It returns how
// many events there were.
func (b *bench) killed(at int) (int, error) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	k := &killer{at: at, cancel: cancel}
	e, j, l := b.engine, b.job, *b.link
	e.create = func(name string) (journal.Handle, error) {
		f, err := journal.OnDisk(name)
		return &dyingHandle{f, k}, err
	}
	e.every = 2 * time.Millisecond
	l.before = k.event
	l.after = func() { _ = k.event() }
	j.Target, j.Files = &l, &dyingFiles{j.Files, k}
	j.Checkpoint, j.Progress = b.point, b.last
	j.Keep = func(ctx context.Context, point []byte, p model.Progress, faults []model.TransferFault) error {
		_, err := k.around(func() (int, error) { return 0, b.job.Keep(ctx, point, p, faults) }, func() {})
		return err
	}
	err := e.Run(ctx, j)
	return k.events, err
}
