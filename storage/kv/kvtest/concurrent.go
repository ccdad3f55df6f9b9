package kvtest

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"ferry/model"
	"ferry/storage/kv"
)

func testSerial(t *testing.T, s kv.Store) {
	const workers, each = 4, 10
	put(t, s, "n", "0")
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for range each {
				err := s.Update(t.Context(), func(tx kv.Tx) error {
					v, err := tx.Get([]byte("n"))
					if err != nil {
						return err
					}
					n, err := strconv.Atoi(string(v))
					return errors.Join(err, tx.Put([]byte("n"), []byte(strconv.Itoa(n+1))))
				})
				if err != nil {
					t.Errorf("update: %v", err)
				}
			}
		})
	}
	wg.Wait()
	want(t, s, "n", strconv.Itoa(workers*each))
}

func testSnapshot(t *testing.T, s kv.Store) {
	put(t, s, "a", "0")
	put(t, s, "b", "0")
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := range 20 {
			v := []byte(strconv.Itoa(i))
			if err := s.Update(t.Context(), func(tx kv.Tx) error {
				return errors.Join(tx.Put([]byte("a"), v), tx.Put([]byte("b"), v))
			}); err != nil {
				t.Errorf("update: %v", err)
			}
		}
	})
	for range 20 {
		view(t, s, func(tx kv.Tx) error {
			a, errA := tx.Get([]byte("a"))
			b, errB := tx.Get([]byte("b"))
			if string(a) != string(b) {
				return fmt.Errorf("a view saw %s and %s", a, b)
			}
			return errors.Join(errA, errB)
		})
	}
	wg.Wait()
}

func watch(t *testing.T, s kv.Store) (<-chan struct{}, context.CancelFunc) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ch, err := s.Watch(ctx)
	if err != nil {
		t.Fatalf("watch: %v", err)
	}
	return ch, cancel
}

func testWatch(t *testing.T, s kv.Store) {
	ch, cancel := watch(t, s)
	defer cancel()
	for i := range 3 {
		put(t, s, "a", strconv.Itoa(i))
		select {
		case <-ch:
		case <-time.After(patience):
			t.Fatalf("change %d was not told of", i)
		}
	}
	update(t, s, func(tx kv.Tx) error { return tx.Delete([]byte("a")) })
	select {
	case <-ch:
	case <-time.After(patience):
		t.Fatal("a delete was not told of")
	}
}

func testWatchSilence(t *testing.T, s kv.Store) {
	put(t, s, "a", "1")
	ch, cancel := watch(t, s)
	defer cancel()
	want(t, s, "a", "1")
	_ = s.Update(t.Context(), func(tx kv.Tx) error {
		return errors.Join(tx.Put([]byte("a"), []byte("2")), errors.New("no"))
	})
	update(t, s, func(kv.Tx) error { return nil })
	select {
	case <-ch:
		t.Fatal("told of a change where there was none")
	case <-time.After(200 * time.Millisecond):
	}
}

func testWatchEnds(t *testing.T, s kv.Store) {
	ch, cancel := watch(t, s)
	cancel()
	deadline := time.After(patience)
	for {
		select {
		case _, open := <-ch:
			if !open {
				return
			}
		case <-deadline:
			t.Fatal("the channel was not closed")
		}
	}
}

func testLock(t *testing.T, s kv.Store) {
	var mu sync.Mutex
	inside, most := 0, 0
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			unlock, err := s.Lock(t.Context(), "fetch")
			if err != nil {
				t.Errorf("lock: %v", err)
				return
			}
			mu.Lock()
			inside++
			most = max(most, inside)
			mu.Unlock()
			put(t, s, "work", "done")
			mu.Lock()
			inside--
			mu.Unlock()
			unlock()
			unlock()
		})
	}
	wg.Wait()
	if most != 1 {
		t.Errorf("%d held the lock at once", most)
	}
}

func testLockNames(t *testing.T, s kv.Store) {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for _, name := range []string{"a", "b", "../escape/ \x00", ""} {
		unlock, err := s.Lock(ctx, name)
		if err != nil {
			t.Fatalf("lock %q: %v", name, err)
		}
		defer unlock()
	}
}

func testLockCancelled(t *testing.T, s kv.Store) {
	unlock, err := s.Lock(t.Context(), "fetch")
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		if _, err := s.Lock(ctx, "fetch"); model.CodeOf(err) != model.EInterrupted {
			t.Errorf("got %v, want EInterrupted", err)
		}
		cancel()
	}
	unlock()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	unlock, err = s.Lock(ctx, "fetch")
	if err != nil {
		t.Fatalf("the lock did not come back: %v", err)
	}
	unlock()
}
