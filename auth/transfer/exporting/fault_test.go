package exporting

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ferry/auth/transfer/paging"
	"ferry/model"
)

var ndjson = model.TransferFile{Format: model.NDJSON}

// narrow is a disk on which only so many bytes fit.
type narrow struct {
	model.Files
	room int64
	err  error
}

func (n *narrow) Part(name string) (model.File, error) {
	f, err := n.Files.Part(name)
	return &narrowFile{f, n}, err
}

type narrowFile struct {
	model.File
	n *narrow
}

func (f *narrowFile) Write(p []byte) (int, error) {
	at, err := f.Seek(0, io.SeekCurrent)
	if err != nil {
		return 0, err
	}
	if left := f.n.room - at; left < int64(len(p)) {
		n, _ := f.File.Write(p[:max(left, 0)])
		return n, f.n.err
	}
	return f.File.Write(p)
}

// Transfers: disk full → everything up to the last checkpoint is durable, and it goes on
// from there.
func TestDiskFull(t *testing.T) {
	s := &pages{pages: made(40, 10)}
	for _, full := range []error{syscall.ENOSPC, syscall.EFBIG, syscall.EDQUOT, nil, model.Errorf(model.ENoSpace, "the disk is full")} {
		for _, zipped := range []bool{false, true} {
			t.Run(fmt.Sprint(full, zipped), func(t *testing.T) {
				k := &kept{}
				j := job(t.TempDir(), model.TransferFile{Format: model.NDJSON, Gzip: zipped}, k)
				n := &narrow{Files: j.Files, room: 2000, err: full}
				if zipped {
					n.room = 800
				}
				whole := j.Files
				j.Files = n
				e := engine(s)
				e.limits = small
				err := model.AsError(e.Run(t.Context(), j))
				if err.Code != model.ENoSpace || !strings.Contains(err.Next, "--resume") || !strings.Contains(err.Message, "are kept") {
					t.Fatalf("%+v", err)
				}
				if cp, derr := decode(k.checkpoint()); derr != nil || !strings.Contains(err.Message, fmt.Sprintf("%d records of %d pages are kept", cp.Position.Records, cp.Position.Page)) {
					t.Errorf("%s, but the checkpoint is %+v", err.Message, cp)
				}
				j.Checkpoint, j.Files = k.checkpoint(), whole
				if err := e.Run(t.Context(), j); err != nil {
					t.Fatal(err)
				}
				if got := read(t, j.Transfer.File); got != lined(flat(s.pages)) {
					t.Errorf("%d bytes", len(got))
				}
			})
		}
	}
}

// A disk that is full before anything is kept leaves nothing behind.
func TestDiskFullAtOnce(t *testing.T) {
	k := &kept{}
	dir := t.TempDir()
	j := job(dir, ndjson, k)
	j.Files = &narrow{Files: j.Files, room: 100, err: syscall.ENOSPC}
	err := model.AsError(engine(&pages{pages: made(40, 10)}).Run(t.Context(), j))
	if err.Code != model.ENoSpace || strings.Contains(err.Next, "--resume") {
		t.Errorf("%+v", err)
	}
	if all := names(t, dir); len(all) > 0 {
		t.Errorf("left behind: %v", all)
	}
}

const limitEnv = "FERRY_TEST_FILE_LIMIT"

// The real limit on the size of a file, in a process of its own.
func TestFileSizeLimit(t *testing.T) {
	if dir := os.Getenv(limitEnv); dir != "" {
		k := &kept{}
		limit := syscall.Rlimit{Cur: 3000, Max: 3000}
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
			t.Fatal(err)
		}
		e := engine(&pages{pages: made(40, 10)})
		e.limits = small
		err := e.Run(context.Background(), job(dir, ndjson, k))
		fmt.Printf("\n%s %d %s\n", model.CodeOf(err), len(k.points), err)
		return
	}
	dir := t.TempDir()
	cmd := exec.Command(os.Args[0], "-test.run=^TestFileSizeLimit$")
	cmd.Env = append(os.Environ(), limitEnv+"="+dir)
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "\nno_space ") || !strings.Contains(string(out), "are kept") {
		t.Fatalf("%v\n%s", err, out)
	}
	if all := names(t, dir); !slices.Equal(all, []string{".out.part"}) {
		t.Errorf("the directory holds %v", all)
	}
}

// Malformed JSON in the middle of page 7 → what was kept is said, and it goes on from there.
func TestFailureInThePageKeepsThePagesBefore(t *testing.T) {
	bad := model.Errorf(model.EUpstream, "page 7 is not valid JSON at byte 120; the 6 pages before it, with 30 records, are kept").WithNext("look at the page")
	for _, format := range []model.FileFormat{model.NDJSON, model.JSONArray, model.CSV} {
		s := &pages{pages: made(10, 5), fail: map[int64]error{7: bad}}
		k := &kept{}
		j := job(t.TempDir(), model.TransferFile{Format: format}, k)
		err := model.AsError(engine(s).Run(t.Context(), j))
		if err.Code != model.EUpstream || err.Message != bad.Message ||
			err.Next != "look at the page; then --resume goes on from page 7" {
			t.Fatalf("%+v", err)
		}
		if bad.Next != "look at the page" {
			t.Error("the error of the source was changed")
		}
		s.fail, s.asked = nil, nil
		j.Checkpoint = k.checkpoint()
		if err := engine(s).Run(t.Context(), j); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(s.asked, []int64{7, 8, 9, 10}) {
			t.Errorf("asked for %v", s.asked)
		}
		if got, want := read(t, j.Transfer.File), export(t, s, model.Transfer{File: model.TransferFile{Format: format}}); got != want {
			t.Error(cmp.Diff(want, got))
		}
	}
}

// Of a gzip file whole members are kept: fewer pages than came before the one that failed.
func TestFailureInThePageOfAGzipFile(t *testing.T) {
	s := &pages{pages: made(10, 5), fail: map[int64]error{7: model.Errorf(model.EUpstream, "page 7 is odd")}}
	for member, want := range map[int]string{4: "page 7 is odd; 20 records of 4 pages are kept", 64: "page 7 is odd; nothing is kept"} {
		k, e := &kept{}, engine(s)
		e.limits = &limits{chunk: 100, held: 1 << 20, member: member}
		err := e.Run(t.Context(), job(t.TempDir(), model.TransferFile{Format: model.NDJSON, Gzip: true}, k))
		if err == nil || err.Error() != want {
			t.Errorf("%v, expected %s", err, want)
		}
	}
}

func TestFailureBeforeTheFirstPageLeavesNothing(t *testing.T) {
	dir, k := t.TempDir(), &kept{}
	s := &pages{pages: made(2, 5), fail: map[int64]error{1: model.Errorf(model.EUnreachable, "no answer")}}
	err := model.AsError(engine(s).Run(t.Context(), job(dir, ndjson, k)))
	if err.Code != model.EUnreachable || err.Message != "no answer" {
		t.Errorf("%+v", err)
	}
	if all := names(t, dir); len(all)+len(k.points) > 0 {
		t.Errorf("left behind: %v, %d checkpoints", all, len(k.points))
	}
}

// A file that is there is replaced only when that was asked for, also when it came meanwhile.
func TestFileThatIsThere(t *testing.T) {
	k, s := &kept{}, &pages{pages: made(3, 3)}
	j := job(t.TempDir(), ndjson, k)
	if err := os.WriteFile(j.Transfer.File.Path, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	err := model.AsError(engine(s).Run(t.Context(), j))
	if err.Code != model.EExists || !strings.Contains(err.Next, "--yes") || len(s.asked) > 0 {
		t.Fatalf("%+v; asked for %v", err, s.asked)
	}
	j.Replace = true
	if err := engine(s).Run(t.Context(), j); err != nil {
		t.Fatal(err)
	}
	if got := read(t, j.Transfer.File); got != lined(flat(s.pages)) {
		t.Error(got)
	}
	if info, err := os.Stat(j.Transfer.File.Path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

func TestFileThatCameMeanwhile(t *testing.T) {
	k, s := &kept{}, &pages{pages: made(3, 3)}
	j := job(t.TempDir(), ndjson, k)
	k.step = func() (bool, error) { return true, os.WriteFile(j.Transfer.File.Path, []byte("old"), 0o644) }
	if err := engine(s).Run(t.Context(), j); model.CodeOf(err) != model.EExists {
		t.Fatal(err)
	}
	j.Checkpoint, j.Replace, k.step, s.asked = k.checkpoint(), true, nil, nil
	if err := engine(s).Run(t.Context(), j); err != nil {
		t.Fatal(err)
	}
	if got := read(t, j.Transfer.File); got != lined(flat(s.pages)) || len(s.asked) > 0 {
		t.Errorf("%s; asked for %v", got, s.asked)
	}
}

// A part file that is not what was kept is refused, and a checkpoint that cannot be read.
func TestResumeRefused(t *testing.T) {
	s := &pages{pages: made(40, 10), fail: map[int64]error{30: model.Errorf(model.EUpstream, "odd")}}
	k := &kept{}
	dir := t.TempDir()
	j := job(dir, ndjson, k)
	if err := engine(s).Run(t.Context(), j); model.CodeOf(err) != model.EUpstream {
		t.Fatal(err)
	}
	part := filepath.Join(dir, ".out.part")
	if err := os.Truncate(part, 10); err != nil {
		t.Fatal(err)
	}
	for name, cp := range map[string][]byte{
		"too short": k.checkpoint(), "not JSON": []byte("{"), "another version": []byte(`{"version":99}`),
	} {
		j.Checkpoint = cp
		err := model.AsError(engine(s).Run(t.Context(), j))
		if err.Code != model.EInvalid || !strings.Contains(err.Next, "--restart") {
			t.Errorf("%s: %+v", name, err)
		}
	}
	if info, err := os.Stat(part); err != nil || info.Size() != 10 {
		t.Errorf("the part file was touched: %v, %v", info, err)
	}
	j.Checkpoint, s.fail = nil, nil // --restart
	if err := engine(s).Run(t.Context(), j); err != nil {
		t.Fatal(err)
	}
	if got := read(t, j.Transfer.File); got != lined(flat(s.pages)) {
		t.Errorf("%d bytes", len(got))
	}
}

// What cannot be kept in the store ends the run with that error.
func TestKeepFails(t *testing.T) {
	locked := model.Errorf(model.EBusy, "another process holds the store")
	k := &kept{step: func() (bool, error) { return false, locked }}
	e := engine(&pages{pages: made(40, 10)})
	e.limits = small
	if err := e.Run(t.Context(), job(t.TempDir(), ndjson, k)); !errors.Is(err, locked) && model.CodeOf(err) != model.EBusy {
		t.Errorf("%v", err)
	}
}

// A panic of the store comes to whoever runs the export, not to a goroutine nobody guards.
func TestKeepPanics(t *testing.T) {
	defer func() {
		if v := recover(); !strings.Contains(fmt.Sprint(v), "out of order") {
			t.Errorf("recovered %v", v)
		}
	}()
	k := &kept{step: func() (bool, error) { panic("out of order") }}
	err := engine(&pages{pages: made(4, 10)}).Run(t.Context(), job(t.TempDir(), ndjson, k))
	t.Errorf("it returned %v", err)
}

// Stop: the pages that are whole are kept, the rest comes when it goes on.
func TestStopped(t *testing.T) {
	for _, zipped := range []bool{false, true} {
		s, k := &pages{pages: made(300, 10)}, &kept{}
		j := job(t.TempDir(), model.TransferFile{Format: model.NDJSON, Gzip: zipped}, k)
		stop := make(chan struct{})
		j.Stop = stop
		e := engine(s)
		now := time.Unix(0, 0)
		e.Now = func() time.Time { now = now.Add(tellEvery); return now }
		told := false
		j.Report = func(p model.Progress) {
			if p.Pages >= 150 && !told {
				told = true
				close(stop)
			}
		}
		if err := e.Run(t.Context(), j); !errors.Is(err, model.ErrStopped) {
			t.Fatal(err)
		}
		cp, err := decode(k.checkpoint())
		if want := map[bool]int64{false: 150, true: 128}[zipped]; err != nil || cp.Position.Page != want {
			t.Errorf("gzip=%v: kept %d pages, expected %d (%v)", zipped, cp.Position.Page, want, err)
		}
		j.Checkpoint, j.Stop, j.Report = k.checkpoint(), nil, nil
		if err := e.Run(t.Context(), j); err != nil {
			t.Fatal(err)
		}
		if got := read(t, j.Transfer.File); got != lined(flat(s.pages)) {
			t.Errorf("%d bytes", len(got))
		}
	}
}

// A page of many records is stopped at a record, and undone.
func TestStoppedInThePage(t *testing.T) {
	s, k := &pages{pages: made(1, 5000)}, &kept{}
	j := job(t.TempDir(), ndjson, k)
	stop := make(chan struct{})
	j.Stop = stop
	e := engine(s)
	e.each = func(ctx context.Context, src *paging.Source, p paging.Position, v paging.Visitor) (paging.Stats, error) {
		src.Stop = nil
		close(stop)
		return s.each(ctx, src, p, v)
	}
	if err := e.Run(t.Context(), j); !errors.Is(err, model.ErrStopped) {
		t.Fatal(err)
	}
	if len(k.points) > 0 {
		t.Errorf("%s", k.points)
	}
}

// An ended context gives up at once, and keeps what was kept before.
func TestContextEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	k := &kept{}
	k.step = func() (bool, error) {
		if len(k.points) == 3 {
			cancel()
		}
		return true, nil
	}
	s := &pages{pages: made(4000, 10)}
	e := engine(s)
	e.limits = small
	j := job(t.TempDir(), ndjson, k)
	if err := e.Run(ctx, j); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if n := len(k.points); n != 4 {
		t.Errorf("%d checkpoints", n)
	}
}
