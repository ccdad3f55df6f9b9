//go:build e2e

package storage_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"ferry/model"
	"ferry/storage"
	"ferry/storage/storagetest"
)

const (
	writers   = 20
	eachMakes = 50
	readers   = 4
)

func init() {
	parts["create 50"] = onStore(createFifty)
	parts["read"] = onStore(readForEver)
}

// createFifty creates clients with names of its own and says how long each took.
func createFifty(s *storage.Store, prefix string) error {
	for n := range eachMakes {
		name := fmt.Sprintf("%s-%d", prefix, n)
		begin := time.Now()
		if err := create(s, name); err != nil {
			return err
		}
		fmt.Println(name, time.Since(begin).Microseconds())
		// All want this name; the store lets one have it.
		err := s.Update(context.Background(), func(tx model.Tx) error {
			return tx.Clients().Put(model.Client{ID: model.ID("same-" + name), Space: "s2", Name: fmt.Sprint("same-", n)})
		})
		if err != nil && model.CodeOf(err) != model.EExists {
			return err
		}
	}
	return nil
}

func readForEver(s *storage.Store, _ string) error {
	for {
		err := s.View(context.Background(), func(tx model.Tx) error {
			_, err := tx.Clients().Page("s1", "", 1000)
			return err
		})
		if err != nil {
			return err
		}
	}
}

func TestKillDuringAcknowledgedWrites200Times(t *testing.T) { killWriters(t, 200) }

// Issue 2: 20 processes creating 50 clients each on one store at once: 1,000
// acknowledged, 0 lost, 0 duplicate names, check clean; writers are not starved by 4
// processes that read in a loop; kill -9 at random loses no acknowledged one.
func TestTwentyProcessesOnOneStore(t *testing.T) {
	path := filepath.Join(storagetest.Dir(t), "ferry.db")
	s, key := storagetest.NewAt(t, path, nil)
	ctx, stop := context.WithCancel(t.Context())
	var background sync.WaitGroup
	for range readers {
		cmd, _ := process(t, "read", path, "", key)
		context.AfterFunc(ctx, func() { _ = cmd.Process.Kill() })
		background.Go(func() {
			if _ = cmd.Wait(); cmd.ProcessState.Exited() {
				t.Error("a reader ended by itself, before it was killed")
			}
		})
	}
	var mu sync.Mutex
	var acknowledged []string
	heard := func(line string) (micros int) {
		var name string
		_, _ = fmt.Sscan(line, &name, &micros)
		mu.Lock()
		defer mu.Unlock()
		acknowledged = append(acknowledged, name)
		return micros
	}
	background.Go(func() { victims(ctx, t, path, key, heard) })

	var slowest, total int
	var work sync.WaitGroup
	for w := range writers {
		work.Go(func() {
			cmd, out := process(t, "create 50", path, fmt.Sprintf("p%d", w), key)
			n := 0
			for ; out.Scan() && !strings.HasPrefix(out.Text(), "error"); n++ {
				micros := heard(out.Text())
				mu.Lock()
				slowest = max(slowest, micros)
				total++
				mu.Unlock()
			}
			if err := cmd.Wait(); err != nil || n != eachMakes {
				t.Errorf("writer %d: %d acknowledged, %v: %s", w, n, err, out.Text())
			}
		})
	}
	begin := time.Now()
	work.Wait()
	took := time.Since(begin)
	stop()
	background.Wait()

	lost, names := verify(t, s, acknowledged)
	t.Logf("tried %d, acknowledged %d (%d more by processes that were killed), lost %d, duplicate names %d, slowest writer %s, all in %s",
		writers*eachMakes, total, len(acknowledged)-total, lost, names, time.Duration(slowest)*time.Microsecond, took.Round(time.Millisecond))
	if total != writers*eachMakes || lost != 0 || names != 0 {
		t.Error("the figures are not what they must be")
	}
	wantClean(t, s)
}

// victims starts writers and kills each at a random moment.
func victims(ctx context.Context, t *testing.T, path string, key model.Key, heard func(string) int) {
	for k := 0; ctx.Err() == nil; k++ {
		cmd, out := process(t, "write", path, fmt.Sprintf("v%d", k), key)
		timer := time.AfterFunc(time.Duration(20+rand.IntN(300))*time.Millisecond, func() { _ = cmd.Process.Kill() })
		for out.Scan() {
			if !strings.HasPrefix(out.Text(), "error") {
				heard(out.Text())
			}
		}
		timer.Stop()
		_ = cmd.Wait()
	}
}

// verify counts acknowledged clients that are not there and names that are there twice.
func verify(t *testing.T, s *storage.Store, acknowledged []string) (lost, duplicates int) {
	t.Helper()
	var all []string
	for _, space := range []model.ID{"s1", "s2"} {
		var names []string
		for last := model.ID(""); ; {
			var page []model.Client
			view(t, s, func(tx model.Tx) (err error) { page, err = tx.Clients().Page(space, last, 1000); return err })
			for _, c := range page {
				names = append(names, strings.ToLower(c.Name))
				last = c.ID
			}
			if len(page) < 1000 {
				break
			}
		}
		slices.Sort(names)
		duplicates += len(names) - len(slices.Compact(slices.Clone(names)))
		all = append(all, names...)
	}
	slices.Sort(all)
	for _, name := range acknowledged {
		if _, ok := slices.BinarySearch(all, name); !ok {
			lost++
		}
	}
	if len(acknowledged) == 0 {
		t.Error(errors.New("nothing was acknowledged"))
	}
	return lost, duplicates
}
