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

// ids are the numbers of test records.
func ids(records []string) string {
	var out []string
	for _, r := range records {
		out = append(out, strings.Trim(r, `{}"id:`))
	}
	return strings.Join(out, " ")
}

// count is what ids returns of n records.
func count(n int) string {
	var out []string
	for i := range n {
		out = append(out, fmt.Sprint(i))
	}
	return strings.Join(out, " ")
}

// long is a page of n records of about 1,000 bytes.
func long(n int) string {
	text := strings.Repeat("x", 1000)
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `%c{"id":%d,"text":"%s"}`, "[,"[min(i, 1)], i, text)
	}
	return b.String() + "]"
}

// param reads a number of the query, or gives what it is when absent.
func param(r *http.Request, name string, absent int) int {
	if v := r.URL.Query().Get(name); v != "" {
		n := -1
		_, _ = fmt.Sscan(v, &n)
		return n
	}
	return absent
}

// slice returns records from to to of n, as JSON.
func slice(from, to, n int) string {
	from, to = min(max(from, 0), n), min(to, n)
	return numbers(from, max(to-from, 0))
}

// wants checks a failure: its code and what its message and next step say.
func wants(t *testing.T, err error, code model.Code, says ...string) {
	t.Helper()
	e := model.AsError(err)
	if err == nil || e.Code != code {
		t.Fatalf("%v (%s), want %s", err, model.CodeOf(err), code)
	}
	for _, s := range says {
		if !strings.Contains(e.Message+" | "+e.Next, s) {
			t.Errorf("%q | %q does not say %q", e.Message, e.Next, s)
		}
	}
}
