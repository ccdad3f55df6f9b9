package exporting

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"

	"ferry/model"
)

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
