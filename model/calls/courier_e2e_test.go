//go:build e2e

package calls_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ferry/auth/wire"
	"ferry/model"
	"ferry/model/calls"
	"ferry/model/clients"
	"ferry/model/modeltest"
	"ferry/model/tokens"
	"ferry/storage/storagetest"
)

// timed issues tokens that live for a time of the real clock, after a pause as a token
// endpoint makes one.
type timed struct {
	model.TokenSource
	life, pause time.Duration
	issued      atomic.Int64
}

func (s *timed) Fetch(_ context.Context, r model.TokenRequest) (model.Token, model.Exchange, error) {
	time.Sleep(s.pause) // a slow endpoint, not a race that is hidden
	now := time.Now()
	s.issued.Add(1)
	return model.Token{
		Access: model.NewSecret(fmt.Sprintf("until-%d", now.Add(s.life).UnixNano())), Type: "Bearer", Fetched: now, Expires: now.Add(s.life), SentAs: r.Send,
	}, model.Exchange{At: now, Method: "POST", URL: r.TokenURL, Status: 200}, nil
}

// Issue 6: 10,000 requests at 64 connections while the upstream's token expires every 2 s:
// none fails, and each token is replaced by one fetch; on the real clock, over real
// connections, with a token endpoint that takes 300 ms.
func Test10000RequestsWhileTokensExpire(t *testing.T) {
	var late atomic.Int64
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var until int64
		_, err := fmt.Sscanf(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "), "until-%d", &until)
		if err != nil || time.Now().UnixNano() >= until {
			late.Add(1)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		_, _ = io.WriteString(w, "{}")
	}))
	defer api.Close()
	store, space := storagetest.NewWithSpace(t)
	source := &timed{life: 2 * time.Second, pause: 300 * time.Millisecond}
	s := calls.New(store, tokens.New(store, source, time.Now, model.NewID), quiet{}, time.Now, model.NewID)
	saved, err := clients.New(store, time.Now, model.NewID).Create(t.Context(), space, modeltest.OAuth("erp", api.URL), "")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	courier, err := s.Courier(ctx, space, saved.Client.ID)
	if err != nil {
		t.Fatal(err)
	}
	pool := wire.NewPool(wire.Limits{})
	defer pool.Close()
	send := func() error {
		c, tok, err := courier.Pass(t.Context())
		if err != nil {
			return err
		}
		rt, err := pool.Through(&c)
		if err != nil {
			return err
		}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.BaseURL+"/orders", nil)
		if err != nil {
			return err
		}
		req.Header.Set("Authorization", "Bearer "+tok.Access.Reveal())
		resp, err := rt.RoundTrip(req)
		if err != nil {
			return err
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
		courier.Note(time.Now(), resp.StatusCode, "")
		if resp.StatusCode != http.StatusOK {
			return fmt.Errorf("status %d", resp.StatusCode)
		}
		return nil
	}
	const requests, connections = 10_000, 64
	began := time.Now()
	tick := time.NewTicker(time.Millisecond) // 1,000 a second: ten seconds, five lives of a token
	defer tick.Stop()
	var wg sync.WaitGroup
	work := make(chan struct{}, connections)
	var slowest atomic.Int64
	for range connections {
		wg.Go(func() {
			for range work {
				at := time.Now()
				if err := send(); err != nil {
					t.Error(err)
				}
				for took := int64(time.Since(at)); ; {
					if was := slowest.Load(); was >= took || slowest.CompareAndSwap(was, took) {
						break
					}
				}
			}
		})
	}
	for range requests {
		<-tick.C
		work <- struct{}{}
	}
	close(work)
	wg.Wait()
	took := time.Since(began)
	cancel()
	if n := source.issued.Load(); n > int64(took/source.life)+1 {
		t.Errorf("%d tokens in %s", n, took)
	}
	t.Logf("%d requests in %s, %d tokens, %d refused, the slowest took %s",
		requests, took.Round(time.Millisecond), source.issued.Load(), late.Load(), time.Duration(slowest.Load()).Round(time.Millisecond))
}
