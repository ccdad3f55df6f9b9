package exporting

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"ferry/auth/call"
	"ferry/auth/wire"
	"ferry/model"
)

type link struct {
	caller *call.Caller
	client model.Client
}

func (l *link) Do(ctx context.Context, r model.Request) (model.Response, error) {
	return l.caller.Do(ctx, l.client, model.Token{}, r)
}

func (l *link) Client() model.Client { return l.client }

func linkTo(t testing.TB, url string) model.Link {
	caller := call.New(call.Options{Version: "1", Pool: wire.NewPool(wire.Limits{})})
	t.Cleanup(caller.Close)
	return &link{caller, model.Client{Name: "feed", BaseURL: url}}
}

// feed serves pages as arrays with a Link header; before may answer instead.
func feed(t *testing.T, all [][]string, before func(w http.ResponseWriter, page int) bool) string {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, _ := strconv.Atoi(r.URL.Query().Get("page"))
		n = max(n, 1)
		if n < len(all) {
			w.Header().Set("Link", fmt.Sprintf(`</records?page=%d>; rel="next"`, n+1))
		}
		if before != nil && before(w, n) {
			return
		}
		_, _ = fmt.Fprint(w, "[", strings.Join(all[n-1], ", \n"), "]")
	}))
	t.Cleanup(srv.Close)
	return srv.URL
}

// Over HTTP, with a page that breaks off in its middle, once short and once too long to be
// held, and an answer of 503: the file is right, plain and zipped.
func TestOverHTTP(t *testing.T) {
	size, name := 80_000, "lamp" // about 5 MB
	if testing.Short() {
		size, name = 5_000, strings.Repeat("lamp", 250) // the same of fewer records
	}
	long := made(1, size)[0]
	for i := range long {
		long[i] = strings.Replace(long[i], "lamp", name, 1)
	}
	all := [][]string{made(1, 10)[0], long, {`{"id":"last"}`}}
	for _, f := range []model.TransferFile{{Format: model.NDJSON}, {Format: model.CSV, Gzip: true}} {
		asked := map[int]int{}
		url := feed(t, all, func(w http.ResponseWriter, n int) bool {
			asked[n]++
			switch {
			case asked[n] > 1:
				return false
			case n == 3:
				w.WriteHeader(http.StatusServiceUnavailable)
				return true
			}
			_, _ = fmt.Fprint(w, "[", strings.Join(all[n-1][:len(all[n-1])*9/10], ","))
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		})
		k := &kept{}
		j := job(t.TempDir(), f, k)
		j.Source = linkTo(t, url)
		if err := (Engine{Compile: compile}).Run(t.Context(), j); err != nil {
			t.Fatalf("%+v: %v", f, model.AsError(err))
		}
		if got, want := read(t, j.Transfer.File), export(t, &pages{pages: all}, model.Transfer{File: f}); got != want {
			t.Errorf("%s gzip=%v: %d bytes, expected %d", f.Format, f.Gzip, len(got), len(want))
		}
		if last := k.told[len(k.told)-1]; last.Requests != 6 || last.Retries != 3 || last.Records != int64(10+size+1) || last.Waiting != "" {
			t.Errorf("%+v", last)
		}
	}
}

// Malformed JSON in the middle of page 7 → it stops with page and offset, and goes on from
// there once the source is right.
func TestMalformedPageOverHTTP(t *testing.T) {
	all := made(10, 50)
	var right atomic.Bool
	url := feed(t, all, func(w http.ResponseWriter, n int) bool {
		if n != 7 || right.Load() {
			return false
		}
		_, _ = fmt.Fprint(w, "[", strings.Join(all[6][:20], ","), `,{"id":}]`)
		return true
	})
	k := &kept{}
	j := job(t.TempDir(), ndjson, k)
	j.Source = linkTo(t, url)
	e := Engine{Compile: compile}
	err := model.AsError(e.Run(t.Context(), j))
	for _, part := range []string{"page 7", "byte", "300 records"} {
		if err.Code != model.EUpstream || !strings.Contains(err.Message, part) {
			t.Errorf("%s is not in %+v", part, err)
		}
	}
	if strings.Count(err.Message, "kept") != 1 || !strings.Contains(err.Next, "--resume goes on from page 7") {
		t.Errorf("%+v", err)
	}
	right.Store(true)
	j.Checkpoint, j.Progress = k.checkpoint(), k.last
	if err := e.Run(t.Context(), j); err != nil {
		t.Fatal(err)
	}
	if got := read(t, j.Transfer.File); got != lined(flat(all)) {
		t.Errorf("%d bytes", len(got))
	}
}

// The process dies in the middle of a page over HTTP: resumed, the file is the same.
func TestCutOffOverHTTP(t *testing.T) {
	all := made(40, 200)
	url := feed(t, all, nil)
	for _, zipped := range []bool{false, true} {
		f := model.TransferFile{Format: model.NDJSON, Gzip: zipped}
		e := Engine{Compile: compile, limits: &limits{chunk: 5000, held: 20_000, member: 4, bytes: 30_000, every: time.Hour}}
		k := &kept{}
		j := job(t.TempDir(), f, k)
		whole := j
		whole.Transfer.File.Path += ".whole"
		whole.Keep, whole.Source = nil, linkTo(t, url)
		if err := e.Run(t.Context(), whole); err != nil {
			t.Fatal(err)
		}
		disk := j.Files
		j.Source = linkTo(t, url)
		for steps := 3; ; steps += 7 {
			m := &mortal{Files: disk, left: steps}
			j.Files, j.Checkpoint, k.step = m, k.checkpoint(), m.step
			err := e.Run(t.Context(), j)
			if err == nil {
				break
			}
			if !errors.Is(err, errDead) {
				t.Fatal(err)
			}
		}
		got, err1 := os.ReadFile(j.Transfer.File.Path)
		want, err2 := os.ReadFile(whole.Transfer.File.Path)
		if err1 != nil || err2 != nil || !slices.Equal(got, want) {
			t.Errorf("gzip=%v: %d bytes, expected %d (%v, %v)", zipped, len(got), len(want), err1, err2)
		}
		if read(t, j.Transfer.File) != lined(flat(all)) {
			t.Error("the records differ")
		}
	}
}
