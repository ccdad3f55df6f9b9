package gateway

import (
	"context"
	"io"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"ferry/model"
)

// events opens a stream of which nothing but the head has come.
func (k *kit) events() *http.Response {
	k.t.Helper()
	req, _ := http.NewRequest("GET", k.server.URL+"/gw/erp/events", nil)
	req.Header.Set("Authorization", "Bearer "+k.token)
	resp, err := (&http.Client{Transport: k.http.Transport}).Do(req)
	k.check(err)
	return resp
}

// TestATokenThatExpiresCutsNothing: what was begun with it goes on, whatever pictures come,
// until something is taken away; a request that begins then has to have another.
func TestATokenThatExpiresCutsNothing(t *testing.T) {
	k := newKit(t)
	next := make(chan string)
	up := newUpstream(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		for {
			_ = http.NewResponseController(w).Flush()
			select {
			case text := <-next:
				_, _ = w.Write([]byte(text))
			case <-r.Context().Done():
				return
			}
		}
	})
	c := k.client("erp", up.URL, nil)
	resp := k.events()
	defer resp.Body.Close()
	k.authSkew.Store(int64(2 * time.Hour))
	k.load()
	if a := k.ask("GET", "/gw/erp/events", nil); a.StatusCode != http.StatusUnauthorized {
		t.Fatalf("the token is good still: %d", a.StatusCode)
	}
	next <- "tick"
	if n, err := resp.Body.Read(make([]byte, 4)); n == 0 || err != nil {
		t.Fatalf("cut by time alone: %v", err)
	}
	k.edit(c.ID, func(c *model.Client) { c.State = model.Disabled })
	if n, err := resp.Body.Read(make([]byte, 4)); n != 0 || err == nil || err.Error() == "EOF" {
		t.Errorf("not cut: %d %v", n, err)
	}
}

// TestAStreamDoesNotBeginAfterItsLeaveIsGone: what is taken while an upstream thinks about its
// answer counts before that begins.
func TestAStreamDoesNotBeginAfterItsLeaveIsGone(t *testing.T) {
	k := newKit(t)
	asked, answer := make(chan struct{}), make(chan struct{})
	up := newUpstream(t, func(w http.ResponseWriter, _ *http.Request) {
		close(asked)
		<-answer
		_ = http.NewResponseController(w).Flush()
	})
	c := k.client("erp", up.URL, nil)
	got := make(chan answered)
	go func() { got <- k.ask("GET", "/gw/erp/events", nil) }()
	<-asked
	k.edit(c.ID, func(c *model.Client) { c.State = model.Disabled })
	close(answer)
	k.want(<-got, http.StatusForbidden, "cut_off")
	if state, _ := k.lane().breaker.tell(k.now()); state != model.BreakerClosed {
		t.Errorf("the breaker is %s", state)
	}
}

// TestNoBodyIsSentOnAfterItsLeaveIsGone: the same for what is taken between the check and the body.
func TestNoBodyIsSentOnAfterItsLeaveIsGone(t *testing.T) {
	k := newKit(t)
	var came atomic.Int64
	up := newUpstream(t, func(_ http.ResponseWriter, r *http.Request) {
		n, _ := io.Copy(io.Discard, r.Body)
		came.Add(n)
	})
	k.client("erp", up.URL, nil)
	courier := k.gw.courier
	k.gw.courier = func(ctx context.Context, space model.Space, client model.ID) (model.Courier, error) {
		k.check(k.store.Update(k.ctx(), func(tx model.Tx) error {
			u, err := tx.Users().Get(space.ID, k.user.ID)
			if err != nil {
				return err
			}
			u.State = model.Disabled
			return tx.Users().Put(u)
		}))
		k.load()
		return courier(ctx, space, client)
	}
	k.want(k.ask("POST", "/gw/erp/x", zeroes(1<<20)), http.StatusForbidden, "cut_off")
	if came.Load() > 0 {
		t.Errorf("%d bytes came", came.Load())
	}
}

// TestWhatIsShortIsNotListed: only what may take its time is, and for no longer than it does.
func TestWhatIsShortIsNotListed(t *testing.T) {
	k := newKit(t)
	var listed int
	up := newUpstream(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/chunked" {
			_ = http.NewResponseController(w).Flush()
		}
		ctx, stop := context.WithTimeout(r.Context(), time.Second)
		defer stop()
		for ctx.Err() == nil && len(k.lane().streams.appendTo(nil)) == 0 && r.URL.Path == "/chunked" {
			time.Sleep(time.Millisecond) // until it is, at most a second
		}
		listed = len(k.lane().streams.appendTo(nil))
		_, _ = w.Write([]byte("{}"))
	})
	k.client("erp", up.URL, nil)
	for path, want := range map[string]int{"/counted": 0, "/chunked": 1} {
		if a := k.ask("GET", "/gw/erp"+path, nil); a.StatusCode != http.StatusOK || listed != want {
			t.Errorf("%s: %d, %d were listed", path, a.StatusCode, listed)
		}
	}
	for deadline := time.Now().Add(5 * time.Second); len(k.lane().streams.appendTo(nil)) > 0; {
		if time.Now().After(deadline) {
			t.Fatal("still listed when it is over")
		}
		time.Sleep(time.Millisecond) // until it has landed
	}
}
