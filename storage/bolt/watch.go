package bolt

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"github.com/fsnotify/fsnotify"
)

// pollEvery is how long a change may go unseen where fsnotify sees nothing.
const pollEvery = time.Second

// Watch implements kv.Store. fsnotify wakes it when the file is written and a poll
// stands behind that; the change sequence says whether anything was committed. It
// watches the directory, so that a file put in the store's place is seen too; the
// lock files, in a directory of their own, wake nobody.
func (s *Store) Watch(ctx context.Context) (<-chan struct{}, error) {
	last, err := s.sequence()
	if err != nil {
		return nil, err
	}
	// Without a watcher (there is a limit on them) the poll alone must do.
	watcher, err := fsnotify.NewWatcher()
	if err == nil && watcher.Add(filepath.Dir(s.path)) != nil {
		_ = watcher.Close()
		watcher = nil
	}
	out := make(chan struct{}, 1)
	go s.watch(ctx, watcher, last, out)
	return out, nil
}

func (s *Store) watch(ctx context.Context, w *fsnotify.Watcher, last uint64, out chan<- struct{}) {
	defer close(out)
	var events <-chan fsnotify.Event
	var faults <-chan error
	if w != nil {
		defer w.Close()
		events, faults = w.Events, w.Errors
	}
	poll := time.NewTicker(pollEvery)
	defer poll.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case e := <-events:
			if e.Name != s.path {
				continue
			}
		case <-faults: //nolint:errcheck // too many events at once: something happened
		case <-poll.C:
		}
		// A file that cannot be read just now says nothing; the next look will.
		if now, err := s.sequence(); err == nil && now != last {
			last = now
			select {
			case out <- struct{}{}:
			default: // one is waiting to be taken already
			}
		}
	}
}

// sequence reads the change sequence off the file without a lock: a meta page that
// is being written fails its checksum, and the older one is read instead.
func (s *Store) sequence() (uint64, error) {
	f, err := s.openFile(os.O_RDONLY)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	m, err := s.readMeta(f)
	return m.txid, err
}
