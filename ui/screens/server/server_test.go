package server_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ferry/model"
	"ferry/storage/storagetest"
	"ferry/ui/screen"
	"ferry/ui/screens/screentest"
	"ferry/ui/screens/server"
)

func fixture(t *testing.T) *screentest.Fixture {
	t.Helper()
	store, _ := storagetest.NewWithSpace(t)
	return screentest.New(t, store)
}

// status is that of a server with as little as there can be.
func status(change func(*model.ServerStatus)) *model.ServerStatus {
	st := &model.ServerStatus{URL: "https://hub.example.com", Ready: true, StartedAt: screentest.Start, Algorithm: model.ES256}
	if change != nil {
		change(st)
	}
	return st
}

func TestStatesAreSaidInWords(t *testing.T) {
	in := func(d time.Duration) *time.Time { at := screentest.Start.Add(d); return &at }
	for name, tc := range map[string]struct {
		change func(*model.ServerStatus)
		want   []string
		not    string
	}{
		"bare":         {nil, []string{"● running", "https://hub.example.com", "0/s", "0 requests", "nobody so far", "Nothing has been asked"}, "TLS"},
		"not ready":    {func(s *model.ServerStatus) { s.Ready, s.Problem = false, "the store is held" }, []string{"✗ not ready · the store is held"}, "● running"},
		"TLS for long": {func(s *model.ServerStatus) { s.TLSUntil = in(15 * 24 * time.Hour) }, []string{"certificate until 2026-03-19, 15d left"}, "!"},
		"TLS soon":     {func(s *model.ServerStatus) { s.TLSUntil = in(13 * 24 * time.Hour) }, []string{"! the certificate expires in 13d"}, ""},
		"TLS expired":  {func(s *model.ServerStatus) { s.TLSUntil = in(-time.Hour) }, []string{"✗ the certificate expired on 2026-03-04"}, ""},
		"hostile": {func(s *model.ServerStatus) {
			s.URL, s.Problem, s.Listen = "https://a\x1b]52;c;x\a", "\x1b[2J", "\u202ehost"
			s.Refusals = []model.Refusal{{Reason: "a\nb", Count: 1 << 63, LastAt: screentest.Start.Add(time.Hour)}}
			s.PerSecond = []int{-1, 0, 1 << 40}
			s.Totals.Requests = 1 << 63
		}, []string{"<U+001B>]52;c;x<U+0007>", "<U+202E>host", "a<U+000A>b", "1,099,511,627,776/s"}, "\x1b]52"},
	} {
		t.Run(name, func(t *testing.T) {
			fx := fixture(t)
			fx.Server.Run(status(tc.change))
			d := screentest.Drive(t, server.New(fx.Env), 100, 20)
			for _, w := range tc.want {
				d.See(w)
			}
			if tc.not != "" && strings.Contains(d.View(), tc.not) {
				t.Errorf("%q shows:\n%s", tc.not, d.View())
			}
		})
	}
}

// stuck is a server that holds the socket and tells nothing.
type stuck struct {
	asked, now, most atomic.Int32
}

func (s *stuck) Status(ctx context.Context) (model.ServerStatus, error) {
	s.asked.Add(1)
	s.most.Store(max(s.most.Load(), s.now.Add(1)))
	defer s.now.Add(-1)
	<-ctx.Done()
	return model.ServerStatus{}, ctx.Err()
}

// Tail implements model.ServerProbe.
func (s *stuck) Tail(ctx context.Context, _ model.TailFilter, _ func(model.ServedRequest) error) error {
	<-ctx.Done()
	return ctx.Err()
}

func TestServerThatDoesNotAnswerHoldsNothingUp(t *testing.T) {
	fx := fixture(t)
	probe := &stuck{}
	fx.Hub.Server = probe
	d := screentest.Drive(t, server.New(fx.Env), 80, 19).See("listen")
	for range 5 {
		d.Send(screen.Tick{})
	}
	d.Press("j").See("▌ public_url").Press("m").See("More actions").Press("esc").See("not answering").See("timed out")
	d.Until("another question", func() bool { d.Send(screen.Tick{}); return probe.asked.Load() == 2 })
	if most := probe.most.Load(); most != 1 {
		t.Errorf("%d questions at a time", most)
	}
}

// countless answers with many requests, another one each time.
type countless struct {
	mu sync.Mutex
	n  int
}

// Tail implements model.ServerProbe.
func (c *countless) Tail(ctx context.Context, _ model.TailFilter, _ func(model.ServedRequest) error) error {
	<-ctx.Done()
	return ctx.Err()
}

func (c *countless) Status(context.Context) (model.ServerStatus, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n++
	st := status(nil)
	for i := range 500 {
		st.Recent = append(st.Recent, model.ServedRequest{ID: fmt.Sprintf("r%d", c.n+500-i), Path: fmt.Sprintf("/p%d", c.n+500-i), Status: 200})
	}
	return *st, nil
}

func TestRequestsAreBoundedAndTheCursorStaysOnItsOwn(t *testing.T) {
	fx := fixture(t)
	fx.Hub.Server = &countless{}
	d := screentest.Drive(t, server.New(fx.Env), 80, 19).See("/p501")
	d.Press("j", "j", "j")
	for n := range 3 {
		d.Send(screen.Tick{})
		d.See(fmt.Sprintf("/p%d", 502+n))
	}
	d.Until("the request under the cursor", func() bool {
		for _, l := range strings.Split(d.View(), "\n") {
			if strings.Contains(l, "▌") {
				return strings.Contains(l, "/p498")
			}
		}
		return false
	})
	d.Press("G").See("/p3").Press("/").Type("p44").See("of 200")
}

func TestSizesBelowTheSmallestDoNotPanic(t *testing.T) {
	fx := fixture(t)
	fx.Server.Run(status(func(s *model.ServerStatus) {
		s.Refusals = []model.Refusal{{Reason: "wrong_secret", Count: 3, LastAt: screentest.Start}}
		s.Recent = []model.ServedRequest{{ID: "a", Path: "/x", Status: 200}}
		s.PerSecond = []int{1, 2, 3}
	}))
	d := screentest.Drive(t, server.New(fx.Env), 80, 19).See("/x").Press("/").Type("x")
	step := 1
	if testing.Short() {
		step = 3
	}
	for w := 0; w < 90; w += step {
		for h := 0; h < 40; h += step {
			d.Screen.SetSize(w, h)
			if lines := strings.Split(d.View(), "\n"); h > 12 && len(lines) > h {
				t.Fatalf("%d lines at %d×%d", len(lines), w, h)
			}
		}
	}
}
