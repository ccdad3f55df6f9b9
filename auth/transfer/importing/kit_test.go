package importing

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"ferry/auth/call"
	"ferry/auth/wire"
	"ferry/model"
	"ferry/storage/files"
	"ferry/ui/jq"
)

func compile(expr string) (model.Filter, error) {
	f, err := jq.Compile(expr)
	if err != nil {
		return nil, err
	}
	return f.Lines(), nil
}

// link is a model.Link over a real Caller, without tokens.
type link struct {
	caller *call.Caller
	client model.Client
	before func() error // of each request
	after  func()       // of each answer
}

func newLink(t testing.TB, url string) *link {
	t.Helper()
	pool := wire.NewPool(wire.Limits{})
	t.Cleanup(pool.Close)
	return &link{
		caller: call.New(call.Options{Pool: pool}),
		client: model.Client{ID: "c1", Name: "erp", BaseURL: url, State: model.Active, Timeout: 20 * time.Second},
	}
}

func (l *link) Do(ctx context.Context, r model.Request) (model.Response, error) {
	if l.before != nil {
		if err := l.before(); err != nil {
			return model.Response{}, err
		}
	}
	resp, err := l.caller.Do(ctx, l.client, model.Token{}, r)
	if l.after != nil {
		l.after()
	}
	return resp, err
}

func (l *link) Client() model.Client { return l.client }

// hit is one request as the target saw it.
type hit struct {
	method, path, key, body, match string
	header                         http.Header
}

// target is the other system. It applies what it is sent, once a key where it honours keys.
type target struct {
	*httptest.Server
	honours bool
	answer  func(w http.ResponseWriter, r *http.Request, body []byte) bool // true: answered

	mu      sync.Mutex
	hits    []hit
	keys    map[string]bool
	applied map[string]int // by path and body
	busy    int
	most    int
}

func newTarget(t testing.TB) *target {
	x := &target{honours: true, keys: map[string]bool{}, applied: map[string]int{}}
	x.Server = httptest.NewServer(x)
	t.Cleanup(x.Close)
	return x
}

func (x *target) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	key := r.Header.Get("Idempotency-Key")
	x.mu.Lock()
	x.busy++
	x.most = max(x.most, x.busy)
	x.hits = append(x.hits, hit{r.Method, r.URL.RequestURI(), key, string(body), r.Header.Get("If-Match"), r.Header})
	x.mu.Unlock()
	defer func() {
		x.mu.Lock()
		x.busy--
		x.mu.Unlock()
	}()
	if x.answer != nil && x.answer(w, r, body) {
		return
	}
	x.apply(r, key, string(body))
	if r.Method == http.MethodPost {
		w.WriteHeader(http.StatusCreated)
	}
	fmt.Fprint(w, `{"ok":true}`)
}

func (x *target) apply(r *http.Request, key, body string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.honours && key != "" && x.keys[key] {
		return
	}
	x.keys[key] = true
	x.applied[r.Method+" "+r.URL.Path+" "+body]++
}

func (x *target) seen() []hit {
	x.mu.Lock()
	defer x.mu.Unlock()
	return append([]hit(nil), x.hits...)
}

// bench is one import and where it stands.
type bench struct {
	t      testing.TB
	dir    string
	engine Engine
	link   *link
	target *target
	job    model.Job

	mu     sync.Mutex
	point  []byte
	last   model.Progress
	faults []model.TransferFault
	keeps  int
	keep   func() error // before each Keep
}

func newBench(t testing.TB) *bench {
	x := newTarget(t)
	b := &bench{t: t, dir: t.TempDir(), engine: Engine{Compile: compile, Now: time.Now}, target: x, link: newLink(t, x.URL)}
	b.prepare()
	b.job.Keep = func(_ context.Context, point []byte, p model.Progress, faults []model.TransferFault) error {
		b.mu.Lock()
		defer b.mu.Unlock()
		if b.keep != nil {
			if err := b.keep(); err != nil {
				return err
			}
		}
		b.point, b.last, b.keeps = point, p, b.keeps+1
		b.faults = append(b.faults, faults...)
		return nil
	}
	return b
}

// prepare makes the job of an import from a file of NDJSON.
func (b *bench) prepare() {
	b.job = model.Job{
		Transfer: model.Transfer{
			ID: "01import", Kind: model.KindImport, Target: model.Endpoint{Client: "c1", Path: "/products"},
			File: model.TransferFile{Format: model.NDJSON, Path: filepath.Join(b.dir, "in.ndjson")},
		},
		Target: b.link, Files: files.New(b.dir), Dir: filepath.Join(b.dir, "journal"), Stop: make(chan struct{}),
		Report: func(model.Progress) {},
	}
	if err := os.MkdirAll(b.job.Dir, 0o700); err != nil {
		b.t.Fatal(err)
	}
}

// write makes the file that is imported.
func (b *bench) write(format model.FileFormat, text string) *bench {
	b.t.Helper()
	f := &b.job.Transfer.File
	f.Format, f.Path = format, filepath.Join(b.dir, "in."+string(format))
	if err := os.WriteFile(f.Path, []byte(text), 0o600); err != nil {
		b.t.Fatal(err)
	}
	return b
}

// run runs the job from where it stands.
func (b *bench) run() error {
	b.t.Helper()
	if err := b.engine.Check(&b.job.Transfer); err != nil {
		b.t.Fatal(err)
	}
	j := b.job
	j.Checkpoint, j.Progress = b.point, b.last
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	return b.engine.Run(ctx, j)
}

func (b *bench) mustRun() {
	b.t.Helper()
	if err := b.run(); err != nil {
		b.t.Fatalf("%v (%v)", err, model.AsError(err).Err)
	}
}

// rejected returns the lines of the rejects file.
func (b *bench) rejected() []string {
	b.t.Helper()
	data, err := os.ReadFile(rejectsName(&b.job.Transfer.File))
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		b.t.Fatal(err)
	}
	var out []string
	for line := range strings.Lines(string(data)) {
		if !json.Valid([]byte(line)) || !strings.HasSuffix(line, "\n") {
			b.t.Fatalf("no line of JSON: %q", line)
		}
		out = append(out, strings.TrimSuffix(line, "\n"))
	}
	return out
}

// numbered are n records as lines.
func numbered(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `{"sku":"S%d","n":%d}`+"\n", i+1, i+1)
	}
	return b.String()
}
