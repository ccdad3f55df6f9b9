//go:build e2e

package command_test

import (
	"strings"
	"sync"
	"testing"
	"time"
)

const atOnce = 200

// together runs ferry token in n processes that start at once.
func together(w *world, n int) (tokens, failures map[string]int, worst time.Duration) {
	var mu sync.Mutex
	tokens, failures = map[string]int{}, map[string]int{}
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			cmd := w.command("token", "erp")
			var out, errOut strings.Builder
			cmd.Stdout, cmd.Stderr = &out, &errOut
			began := time.Now()
			err := cmd.Run()
			mu.Lock()
			defer mu.Unlock()
			worst = max(worst, time.Since(began))
			if err != nil {
				failures[strings.TrimSpace(errOut.String())]++
			} else {
				tokens[strings.TrimSpace(out.String())]++
			}
		})
	}
	wg.Wait()
	return tokens, failures, worst
}

// 200 processes with a cold cache make one token request, and all print its token.
func TestTwoHundredProcessesMakeOneTokenRequest(t *testing.T) {
	s, w := newIssuer(t), newWorld(t)
	w.client("erp", s, "--token-url", s.URL+"/token", "--send", "body", "--client-secret-file", "secret")
	began := time.Now()
	tokens, failures, worst := together(w, atOnce)
	n := len(s.requests())
	t.Logf("%d processes: %d token requests, %d tokens printed, %d failed, %s in all, slowest %s", atOnce, n, tokens["token-1"], len(failures), time.Since(began).Round(time.Millisecond), worst.Round(time.Millisecond))
	if n != 1 || tokens["token-1"] != atOnce || len(failures) > 0 {
		t.Errorf("%d requests, %v, %v", n, tokens, failures)
	}
}

// A server that answers 503 is asked no more than once a second, however many need it.
func TestAServerOutOfOrderIsAskedOnceASecond(t *testing.T) {
	s, w := newIssuer(t), newWorld(t)
	w.client("erp", s, "--token-url", s.URL+"/token", "--send", "body", "--client-secret-file", "secret")
	s.set(func() { s.down = true })
	began, processes := time.Now(), 0
	var wg sync.WaitGroup
	var mu sync.Mutex
	for range 20 {
		wg.Go(func() {
			for time.Since(began) < 6*time.Second {
				cmd := w.command("token", "erp")
				_ = cmd.Run()
				mu.Lock()
				processes++
				if code := cmd.ProcessState.ExitCode(); code != 6 {
					t.Errorf("exit code %d", code)
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	arrived := s.requests()
	least := time.Hour
	for i := 1; i < len(arrived); i++ {
		least = min(least, arrived[i].Sub(arrived[i-1]))
	}
	t.Logf("%d processes in %s: %d token requests, at least %s apart", processes, time.Since(began).Round(time.Millisecond), len(arrived), least.Round(time.Millisecond))
	if len(arrived) < 2 || least < time.Second {
		t.Errorf("%d requests, %s apart", len(arrived), least)
	}
}
