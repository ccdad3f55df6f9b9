package files_test

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"ferry/model"
	"ferry/storage/files"
	"ferry/storage/storagetest"
)

func TestMain(m *testing.M) {
	storagetest.Main(m, storagetest.Parts{"hold": hold, "fill disk": fillDisk})
}

func hold(args []string) error {
	part, err := files.New("").Part(args[0])
	if err == nil {
		_, err = part.Write([]byte("theirs"))
	}
	fmt.Println("held", err)
	select {}
}

// Two exports to one file: the second is told, and takes over when the first died.
func TestAnotherProcessIsKeptFromTheUnfinishedFile(t *testing.T) {
	f, name := files.New(""), filepath.Join(t.TempDir(), "out")
	cmd, out := storagetest.Process(t, "hold", name)
	if !out.Scan() || out.Text() != "held <nil>" {
		t.Fatalf("the other process said %q", out.Text())
	}
	_, err := f.Part(name)
	wantCode(t, err, model.EBusy)
	wantCode(t, f.Finish(name, true), model.EBusy)
	wantCode(t, f.Discard(name), model.EBusy)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	part := must(f.Part(name))(t)
	if size := must(part.Size())(t); size != 6 {
		t.Errorf("%d bytes are left of what was written before", size)
	}
	// The lock goes with the file: whoever finished it has it until it is closed.
	if err := f.Finish(name, false); err != nil {
		t.Fatal(err)
	}
	opened := must(os.Open(name))(t)
	defer opened.Close()
	lock := func() error { return unix.Flock(int(opened.Fd()), unix.LOCK_EX|unix.LOCK_NB) }
	if err := lock(); !errors.Is(err, unix.EWOULDBLOCK) {
		t.Errorf("the finished file is not locked: %v", err)
	}
	if err := errors.Join(part.Close(), lock()); err != nil {
		t.Error(err)
	}
	wantText(t, name, "theirs")
}

// fillDisk writes until the limit on the size of files, which stands for a full disk.
func fillDisk(args []string) error {
	signal.Ignore(syscall.SIGXFSZ)
	const limit = 64 << 10
	err := unix.Setrlimit(unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: limit, Max: limit})
	f := files.New("")
	part, err2 := f.Part(args[0])
	if err := errors.Join(err, err2); err != nil {
		return err
	}
	var kept int
	for err == nil {
		var n int
		n, err = part.Write(make([]byte, 10_000))
		kept += n
	}
	e := model.AsError(err)
	fmt.Printf("%s %d %s | %s | %s\n", e.Code, kept, e.Message, e.Next, e.Field)
	fmt.Println(part.Truncate(60_000), part.Sync())
	e = model.AsError(part.Truncate(limit + 1))
	fmt.Println(e.Code)
	return nil
}

// Issue 5: disk full → said with the path and what to do; what was written before stays.
func TestAFullDiskIsSaidWithThePath(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "out")
	cmd, out := storagetest.Process(t, "fill disk", name)
	var lines []string
	for out.Scan() {
		lines = append(lines, out.Text())
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	want := []string{
		fmt.Sprintf("no_space 65536 there is no room left for %s | free some space in %s, then go on with --resume | file", name, dir),
		"<nil> <nil>", "no_space",
	}
	if strings.Join(lines, "\n") != strings.Join(want, "\n") {
		t.Errorf("the other process said %q, want %q", lines, want)
	}
	if info := must(os.Stat(filepath.Join(dir, ".out.part")))(t); info.Size() != 60_000 {
		t.Errorf("%d bytes are kept", info.Size())
	}
}
