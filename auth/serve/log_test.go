package serve

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ferry/model"
	"ferry/model/serving"
)

func TestAccessLogLine(t *testing.T) {
	k := newKit(t).start(nil)
	k.token()
	k.ask(wrong(k))
	k.do("GET", "/nothing", "")
	must(t, k.Close())
	var lines []map[string]any
	for line := range strings.Lines(k.log.String()) {
		var l map[string]any
		must(t, json.Unmarshal([]byte(line), &l))
		lines = append(lines, l)
	}
	if len(lines) != 3 {
		t.Fatalf("%d lines:\n%s", len(lines), k.log)
	}
	for i, want := range []map[string]any{
		{"method": "POST", "path": "/oauth2/token", "status": 200.0, "client_id": "robot", "space": "default", "addr": "127.0.0.1"},
		{"method": "POST", "path": "/oauth2/token", "status": 401.0, "reason": "malformed_secret"},
		{"method": "GET", "path": "other", "status": 404.0, "reason": "not_found"},
	} {
		for name, value := range want {
			if lines[i][name] != value {
				t.Errorf("line %d: %s is %v, want %v", i, name, lines[i][name], value)
			}
		}
		if at, err := time.Parse(time.RFC3339, lines[i]["time"].(string)); err != nil || time.Since(at) > time.Minute {
			t.Errorf("time %v: %v", at, err)
		}
		if ms, ok := lines[i]["duration_ms"].(float64); !ok || ms <= 0 || lines[i]["id"] == "" || lines[i]["bytes"].(float64) <= 0 {
			t.Errorf("line %d: %v", i, lines[i])
		}
	}
}

// slow is a writer that blocks until it is let go.
type slow struct {
	gate chan struct{}
	buffer
}

func (s *slow) Write(p []byte) (int, error) {
	<-s.gate
	return s.buffer.Write(p)
}

// Requests do not wait for a slow log: lines are dropped, counted, and told of.
func TestSlowAccessLog(t *testing.T) {
	w, st := &slow{gate: make(chan struct{})}, newStats()
	l := newAccessLog(w, st)
	rec := &record{id: "x", method: "GET", route: `/a"b`, status: 200, addr: netip.MustParseAddr("::1")}
	began := time.Now()
	for range logQueue * 2 {
		l.add(rec)
	}
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("adding waited for the writer: %v", took)
	}
	dropped := st.dropped.Load()
	if dropped == 0 {
		t.Fatal("nothing was dropped")
	}
	close(w.gate)
	l.close(10 * time.Second)
	text := w.String()
	if got := strings.Count(text, `"id":"x"`); uint64(got)+dropped != logQueue*2 {
		t.Errorf("%d written, %d dropped, of %d", got, dropped, logQueue*2)
	}
	var told uint64
	for line := range strings.Lines(text) {
		var l struct{ Dropped uint64 }
		must(t, json.Unmarshal([]byte(line), &l))
		told += l.Dropped
	}
	if told != dropped {
		t.Errorf("the log tells of %d dropped lines, not of %d", told, dropped)
	}
}

// A log that hangs does not keep the server from stopping.
func TestHangingAccessLog(t *testing.T) {
	w := &slow{gate: make(chan struct{})}
	l := newAccessLog(w, newStats())
	l.add(&record{})
	began := time.Now()
	l.close(20 * time.Millisecond)
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("close took %v", took)
	}
	close(w.gate)
	<-l.done
}

// However many count at once and however often writing fails, each use is written once.
func TestUsesAreCountedOnce(t *testing.T) {
	var mu sync.Mutex
	written := map[model.ID]uint64{}
	var calls atomic.Int64
	c := newUses(func(_ context.Context, batch []serving.Use) error {
		if calls.Add(1)%3 == 0 {
			return errors.New("the store is busy")
		}
		mu.Lock()
		defer mu.Unlock()
		for _, u := range batch {
			written[u.Key] += u.Tokens
		}
		return nil
	})
	const each, keys = 5000, 100
	var group sync.WaitGroup
	stop := make(chan struct{})
	flusher := make(chan struct{})
	go func() {
		defer close(flusher)
		for {
			select {
			case <-stop:
				return
			default:
				_ = c.flush(context.Background()) // fails every third time
			}
		}
	}()
	for range 4 {
		group.Go(func() {
			for i := range each {
				c.add(serving.Use{Space: "s", Key: model.ID(fmt.Sprint(i % keys)), At: time.Now(), Addr: "192.0.2.1", Tokens: 1})
			}
		})
	}
	group.Wait()
	close(stop)
	<-flusher
	for range 3 {
		_ = c.flush(context.Background())
	}
	var sum uint64
	for _, n := range written {
		sum += n
	}
	if sum != 4*each || len(written) != keys {
		t.Errorf("%d uses of %d keys written, want %d of %d", sum, len(written), 4*each, keys)
	}
}

// Counters of keys that are used no more go away.
func TestIdleCountersGo(t *testing.T) {
	c := newUses(func(context.Context, []serving.Use) error { return nil })
	c.add(serving.Use{Key: "k", At: time.Now(), Tokens: 1})
	for range forgetAfter + 3 {
		must(t, c.flush(context.Background()))
	}
	if _, ok := c.keys.Load(model.ID("k")); ok {
		t.Error("an idle counter stays")
	}
	c.add(serving.Use{Key: "k", At: time.Now(), Tokens: 1})
	if got := c.take(); len(got) != 1 || got[0].Tokens != 1 {
		t.Errorf("%+v", got)
	}
}

func TestStatsPerSecond(t *testing.T) {
	s := newStats()
	at := time.Unix(1_800_000_000, 0)
	for i := range 100 { // the first of them have left the minute
		for range i {
			s.add(&record{at: at.Add(time.Duration(i) * time.Second), status: http.StatusOK, route: "/r"}, false)
		}
	}
	got := s.perSecond(at.Add(100 * time.Second))
	for i, n := range got {
		if n != i+40 {
			t.Fatalf("second %d: %d, want %d", i, n, i+40)
		}
	}
	if n := len(s.recent()); n != recentKept {
		t.Errorf("%d recent requests", n)
	}
	for i := range 1000 {
		s.refuse(fmt.Sprintf("reason_%d", i), at)
	}
	s.refuse("ESC \x1b[31m", at)
	if n := len(s.refusalsByCount()); n > maxReasons+1 {
		t.Errorf("%d reasons", n)
	}
}
