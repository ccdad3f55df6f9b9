//go:build e2e

package command_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

const (
	writers    = 20
	perWriter  = 50
	contested  = 5 // names that every writer tries to take
	readers    = 4
	killedRuns = 100
)

// fleet counts what many processes on one store were told.
type fleet struct {
	world *world

	mu    sync.Mutex
	acked map[string]int // how often a creation of this name was acknowledged
	worst time.Duration
}

// create runs one process and notes what it acknowledged.
func (f *fleet) create(name string) {
	cmd := f.world.command("client", "create", name, "--base-url", "https://a.example.com")
	began := time.Now()
	out, err := cmd.CombinedOutput()
	took := time.Since(began)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.worst = max(f.worst, took)
	if err == nil {
		f.acked[name]++
	} else if cmd.ProcessState.ExitCode() != 5 {
		f.world.t.Errorf("creating %s: %v: %s", name, err, out)
	}
}

// createAndDie runs one process and kills it at a random moment. An answer that was
// printed before counts.
func (f *fleet) createAndDie(name string) {
	cmd := f.world.command("client", "create", name, "--base-url", "https://a.example.com")
	var out strings.Builder
	cmd.Stdout = &out
	if err := cmd.Start(); err != nil {
		f.world.t.Error(err)
		return
	}
	time.Sleep(time.Duration(rand.IntN(20_000)) * time.Microsecond) // the moment is what is random
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	if strings.HasPrefix(out.String(), "Created") {
		f.mu.Lock()
		f.acked[name]++
		f.mu.Unlock()
	}
}

// CASES Store: 20 processes create 50 clients each on one store while 4 read in a loop
// and others are killed at random: every acknowledged one is there, once, and the store
// reads back whole.
func TestManyProcessesShareOneStore(t *testing.T) {
	f := &fleet{world: newWorld(t), acked: map[string]int{}}
	var lists atomic.Int64
	stop := make(chan struct{})
	var reading, writing sync.WaitGroup
	for range readers {
		reading.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if out, err := f.world.command("client", "list").CombinedOutput(); err != nil {
					t.Errorf("list: %v: %s", err, out)
					return
				}
				lists.Add(1)
			}
		})
	}
	began := time.Now()
	for w := range writers {
		writing.Go(func() {
			for n := range perWriter {
				f.create(fmt.Sprintf("w%d-%d", w, n))
			}
			for n := range contested {
				f.create(fmt.Sprintf("Contested-%d", n))
			}
		})
	}
	writing.Go(func() {
		for n := range killedRuns {
			f.createAndDie(fmt.Sprintf("killed-%d", n))
		}
	})
	writing.Wait()
	took := time.Since(began)
	close(stop)
	reading.Wait()
	lost, twice := f.compare(t)
	if out := f.world.do("store", "check"); !strings.Contains(out, ", 0 problems") {
		t.Errorf("store check: %s", out)
	}
	t.Logf("%d acknowledged, %d lost, %d names twice, in %s, slowest process %s, %d lists beside them", len(f.acked), lost, twice, took.Round(time.Millisecond), f.worst.Round(time.Millisecond), lists.Load())
}

// compare holds what is stored against what was acknowledged.
func (f *fleet) compare(t *testing.T) (lost, twice int) {
	t.Helper()
	var doc struct {
		Items []struct{ Name string }
	}
	if err := json.Unmarshal([]byte(f.world.do("client", "list", "--output", "json")), &doc); err != nil {
		t.Fatal(err)
	}
	stored := map[string]int{}
	for _, c := range doc.Items {
		stored[strings.ToLower(c.Name)]++
	}
	for name, n := range f.acked {
		if stored[strings.ToLower(name)] == 0 {
			lost++
		}
		if n > 1 {
			twice++
		}
	}
	for _, n := range stored {
		if n > 1 {
			twice++
		}
	}
	if got := len(f.acked); lost > 0 || twice > 0 || got < writers*perWriter+contested {
		t.Errorf("%d acknowledged, %d lost, %d twice", got, lost, twice)
	}
	return lost, twice
}
