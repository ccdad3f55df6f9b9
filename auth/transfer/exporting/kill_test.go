package exporting

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"ferry/model"
	"ferry/model/modeltest"
)

var errDead = errors.New("killed")

// mortal lets a process die after so many steps to the disk or the store: nothing that it
// does afterwards has an effect.
type mortal struct {
	model.Files
	mu    sync.Mutex
	left  int // steps to live; below zero: for ever
	dead  bool
	after bool  // the last step still counts, but nobody is told
	safe  int64 // bytes of the part file that were synced
}

// step reports whether the step counts, and the error that it returns.
func (m *mortal) step() (counts bool, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.dead {
		return false, errDead
	}
	if m.left == 0 {
		m.dead = true
		return m.after, errDead
	}
	m.left--
	return true, nil
}

func (m *mortal) do(fn func() error) error {
	counts, err := m.step()
	if counts {
		if ferr := fn(); err == nil {
			err = ferr
		}
	}
	return err
}

func (m *mortal) Part(name string) (model.File, error) {
	f, err := m.Files.Part(name)
	if err != nil {
		return nil, err
	}
	return &mortalFile{f, m}, nil
}

func (m *mortal) Finish(name string, replace bool) error {
	return m.do(func() error { return m.Files.Finish(name, replace) })
}

func (m *mortal) Discard(name string) error {
	return m.do(func() error { return m.Files.Discard(name) })
}

type mortalFile struct {
	model.File
	m *mortal
}

func (f *mortalFile) Write(p []byte) (n int, err error) {
	counts, err := f.m.step()
	if err != nil {
		if counts {
			_, _ = f.File.Write(p[:len(p)/2])
		}
		return 0, err
	}
	return f.File.Write(p)
}

func (f *mortalFile) Truncate(size int64) error {
	return f.m.do(func() error {
		f.m.safe = min(f.m.safe, size)
		return f.File.Truncate(size)
	})
}

func (f *mortalFile) Sync() error {
	return f.m.do(func() (err error) {
		f.m.safe, err = f.Size()
		return err
	})
}

// small makes each of the places where a run may be cut off come often.
var small = &limits{chunk: 100, held: 300, member: 4, bytes: 250, every: time.Hour}

func drawPages(t *rapid.T) [][]string {
	count := rapid.IntRange(0, 14).Draw(t, "pages")
	all, id := make([][]string, count), 0
	for p := range all {
		for range rapid.SampledFrom([]int{0, 1, 2, 5, 30}).Draw(t, "records") {
			all[p] = append(all[p], drawRecord(t, id))
			id++
		}
	}
	return all
}

func drawRecord(t *rapid.T, id int) string {
	return rapid.SampledFrom([]string{
		fmt.Sprintf(`{"id":%d,"name":"lamp","n":[1,2]}`, id),
		fmt.Sprintf(`{ "id": %d, "name": "=a, \"b\"", "site": {"x": 1.50} }`, id),
		fmt.Sprintf(`{"id":%d,"late":{"field%d":null}}`, id, id%5),
		fmt.Sprintf(`{"id":%d,"text":%q}`, id, strings.Repeat("x", 120)),
	}).Draw(t, "record")
}

// Transfers: kill -9 mid-export, then resume → the file is byte-identical.
func TestKilledAnywhereThenResumedIsByteIdentical(t *testing.T) {
	for _, format := range []model.FileFormat{model.NDJSON, model.JSONArray, model.CSV} {
		for _, zipped := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s gzip=%v", format, zipped), func(t *testing.T) {
				rapid.Check(t, func(t *rapid.T) {
					shape := rapid.SampledFrom([]string{"", "select(.id % 3 != 0) | ., {id, twice: true}"}).Draw(t, "jq")
					killAndResume(t, format, zipped, shape)
				})
			})
		}
	}
}

func killAndResume(t *rapid.T, format model.FileFormat, zipped bool, shape string) {
	source := drawPages(t)
	breaks := map[int64][]int{}
	for n := range source {
		if rapid.IntRange(0, 4).Draw(t, "breaks") == 0 {
			breaks[int64(n+1)] = rapid.SliceOfN(rapid.IntRange(0, 30), 1, 2).Draw(t, "after")
		}
	}
	start := func(files model.Files, k *kept, cp []byte, breaks map[int64][]int) error {
		s := &pages{pages: source, breaks: breaks}
		j := job("/d", model.TransferFile{Format: format, Gzip: zipped}, k)
		j.Transfer.Shape, j.Files, j.Checkpoint = shape, files, cp
		e := engine(s)
		e.limits = small
		return e.Run(context.Background(), j)
	}
	whole := &modeltest.Files{}
	if err := start(whole, &kept{}, nil, nil); err != nil {
		t.Fatal(err)
	}
	want, _ := whole.Text("/d/out")

	disk, k := &modeltest.Files{}, &kept{}
	for range rapid.IntRange(1, 4).Draw(t, "kills") {
		before, err := decode(k.checkpoint())
		if err != nil {
			t.Fatal(err)
		}
		m := &mortal{Files: disk, safe: before.Size, left: rapid.IntRange(0, 40).Draw(t, "steps"), after: rapid.Bool().Draw(t, "after")}
		k.step = m.step
		err = start(m, k, k.checkpoint(), breaks)
		k.step = nil
		if err == nil {
			break
		}
		if !errors.Is(err, errDead) {
			t.Fatalf("%v: %v", err, errors.Unwrap(err))
		}
		damage(t, disk, m.safe)
	}
	if err := start(disk, k, k.checkpoint(), nil); err != nil {
		t.Fatalf("resumed: %v: %v", err, errors.Unwrap(err))
	}
	if _, left := disk.PartText("/d/out"); left {
		t.Fatal("the part file is left")
	}
	if got, _ := disk.Text("/d/out"); got != want {
		t.Fatalf("not the same\ngot  %q\nwant %q", got, want)
	}
}

// damage does to a part file what a crash may: all that was not synced is lost or garbage.
func damage(t *rapid.T, disk *modeltest.Files, safe int64) {
	text, ok := disk.PartText("/d/out")
	if !ok || int64(len(text)) < safe { // a new one, after the rename
		return
	}
	f, err := disk.Part("/d/out")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	size := rapid.Int64Range(safe, int64(len(text))).Draw(t, "size")
	garbage := bytes.Repeat([]byte{0, 'x'}, rapid.IntRange(0, 50).Draw(t, "garbage"))
	if f.Truncate(size) != nil {
		t.Fatal("truncate")
	}
	if rapid.Bool().Draw(t, "overwritten") {
		size = safe
	}
	if _, err := f.Seek(size, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write(garbage); err != nil {
		t.Fatal(err)
	}
}

// Cut off at each checkpoint, one after the other: byte-identical, whatever comes first.
func TestCutOffAtEachCheckpoint(t *testing.T) {
	long := made(1, 40)[0]
	late := []string{`{"id":1,"late":2}`}
	source := [][]string{{}, long, {}, late, {long[0]}, long, {}, {}, {}, {}, {}, long, late}
	for _, format := range []model.FileFormat{model.NDJSON, model.JSONArray, model.CSV} {
		for _, zipped := range []bool{false, true} {
			once := func(files model.Files, k *kept) error {
				j := job("/d", model.TransferFile{Format: format, Gzip: zipped}, k)
				j.Files, j.Checkpoint = files, k.checkpoint()
				e := engine(&pages{pages: source})
				e.limits = &limits{chunk: 100, held: 300, member: 4, bytes: 0, every: time.Hour}
				return e.Run(context.Background(), j)
			}
			whole, k := &modeltest.Files{}, &kept{}
			if err := once(whole, k); err != nil {
				t.Fatal(err)
			}
			want, _ := whole.Text("/d/out")
			cut := &modeltest.Files{}
			points := len(k.points)
			k = &kept{step: func() (bool, error) { return true, errDead }}
			runs := 1
			for err := once(cut, k); err != nil; err = once(cut, k) {
				if runs++; !errors.Is(err, errDead) {
					t.Fatal(err)
				}
			}
			if got, _ := cut.Text("/d/out"); got != want || runs <= points {
				t.Errorf("%s gzip=%v, %d runs, %d checkpoints:\ngot  %q\nwant %q", format, zipped, runs, points, got, want)
			}
			if got := decoded(k.points[len(k.points)-1]).Lost; format == model.CSV && got != 2 {
				t.Errorf("%d records with later fields, expected 2", got)
			}
		}
	}
}

func decoded(b []byte) checkpoint {
	c, _ := decode(b)
	return c
}
