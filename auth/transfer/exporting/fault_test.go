package exporting

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ferry/model"
)

var ndjson = model.TransferFile{Format: model.NDJSON}

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
