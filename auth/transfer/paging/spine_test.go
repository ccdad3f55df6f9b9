package paging

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"ferry/auth/call"
	"ferry/auth/wire"
	"ferry/model"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// link is a model.Link over the real Caller, without tokens.
type link struct {
	caller *call.Caller
	client model.Client
}

func (l *link) Client() model.Client { return l.client }

func (l *link) Do(ctx context.Context, r model.Request) (model.Response, error) {
	return l.caller.Do(ctx, l.client, model.Token{}, r)
}

// source serves h and returns a Source of it; waits pass in no time and are counted.
func source(t testing.TB, path string, h http.HandlerFunc) *Source {
	t.Helper()
	srv := httptest.NewServer(h)
	caller := call.New(call.Options{Version: "1", Pool: wire.NewPool(wire.Limits{Total: 20 * time.Second})})
	t.Cleanup(func() { caller.Close(); srv.Close() })
	return &Source{
		Link:     &link{caller, model.Client{Name: "erp", BaseURL: srv.URL}},
		Endpoint: model.Endpoint{Path: path},
		wait:     func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
	}
}

// taker is a Visitor that keeps what it is given.
type taker struct {
	records []string // of whole pages
	page    []string
	begun   []string
	last    Position
}

func (k *taker) Begin(n int64, again bool) error {
	k.page = nil
	k.begun = append(k.begun, fmt.Sprint(n, again))
	return nil
}

func (k *taker) Record(rec []byte) error {
	k.page = append(k.page, string(rec))
	return nil
}

func (k *taker) End(p Position) error {
	k.records = append(k.records, k.page...)
	k.last = p
	return nil
}

func read(t *testing.T, s *Source) (*taker, Stats, error) {
	t.Helper()
	k := &taker{}
	st, err := s.Each(t.Context(), Position{}, k)
	return k, st, err
}

func numbers(from, n int) string {
	var parts []string
	for i := range n {
		parts = append(parts, fmt.Sprintf(`{"id":%d}`, from+i))
	}
	return "[" + strings.Join(parts, ",") + "]"
}

func TestSpineLink(t *testing.T) {
	s := source(t, "/items", func(w http.ResponseWriter, r *http.Request) {
		n := 1
		fmt.Sscan(r.URL.Query().Get("page"), &n)
		if n < 3 {
			w.Header().Set("Link", fmt.Sprintf(`<http://%s/items?page=%d>; rel="next"`, r.Host, n+1))
		}
		fmt.Fprint(w, numbers(n*10, 10))
	})
	k, st, err := read(t, s)
	if err != nil || len(k.records) != 30 || !k.last.Over || st.Requests != 3 {
		t.Fatalf("%d records, %+v, %+v, %v", len(k.records), k.last, st, err)
	}
}
