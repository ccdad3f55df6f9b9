package bolt

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ferry/model"
)

// fakeStat is a file with an owner and a mode that this account cannot make.
type fakeStat struct {
	fs.FileInfo
	mode fs.FileMode
	uid  uint32
}

func (f fakeStat) Mode() fs.FileMode { return f.mode }
func (f fakeStat) IsDir() bool       { return f.mode.IsDir() }
func (f fakeStat) Sys() any          { return &syscall.Stat_t{Uid: f.uid} }

// CASES Vault: file or directory with wrong owner → refused with the command that mends it.
func TestAWrongOwnerIsRefused(t *testing.T) {
	for name, err := range map[string]error{
		"file":      checkFile("/s/ferry.db", fakeStat{mode: 0o600, uid: 1001}, 1000),
		"directory": checkDir("/s", fakeStat{mode: fs.ModeDir | 0o700, uid: 0}, 1000),
	} {
		e := model.AsError(err)
		if e == nil || e.Code != model.EPermission || !strings.Contains(e.Next, "chown 1000 /s") {
			t.Errorf("%s: got %+v", name, e)
		}
	}
	if err := checkFile("/s/ferry.db", fakeStat{mode: 0o600, uid: 1000}, 1000); err != nil {
		t.Errorf("the right owner was refused: %v", err)
	}
}

// CASES Store: read-only file system → clear refusal; disk full → reported. The faults of
// the operating system are told in words, with what to do.
func TestFaultsOfTheOperatingSystemAreExplained(t *testing.T) {
	s := &Store{path: "/s/ferry.db"}
	for errno, want := range map[syscall.Errno]struct {
		code model.Code
		says string
	}{
		unix.EROFS:  {model.EPermission, "read-only file system"},
		unix.ENOSPC: {model.EInternal, "the disk is full; nothing was changed"},
		unix.EDQUOT: {model.EInternal, "the disk is full; nothing was changed"},
		unix.EFBIG:  {model.EInternal, "the disk is full; nothing was changed"},
		unix.EACCES: {model.EPermission, "may not be opened by you"},
		unix.ENOENT: {model.ENotFound, "there is no store"},
		unix.ELOOP:  {model.EPermission, "is a symbolic link"},
	} {
		e := model.AsError(s.explain(&fs.PathError{Op: "open", Path: s.path, Err: errno}))
		if e.Code != want.code || !strings.Contains(e.Message, want.says) || e.Next == "" {
			t.Errorf("%v: got %+v", errno, e)
		}
	}
}

func TestNetworkFileSystemsAreKnown(t *testing.T) {
	if kind := networkFS(os.TempDir()); kind != "" {
		t.Logf("the temporary directory is on %s", kind)
	}
	if kind := networkFS("/nonexistent"); kind != "" {
		t.Errorf("a missing directory is on %s", kind)
	}
}

func TestFlockHolderReadsProcLocks(t *testing.T) {
	const table = `1: POSIX  ADVISORY  WRITE 11 08:01:77 0 EOF
2: FLOCK  ADVISORY  WRITE 22 08:01:770 0 EOF
3: FLOCK  ADVISORY  WRITE 33 08:01:77 0 EOF
3: -> FLOCK  ADVISORY  WRITE 44 08:01:77 0 EOF
`
	if pid := flockHolder(table, 77); pid != 33 {
		t.Errorf("got %d, want 33", pid)
	}
	if pid := flockHolder(table, 78); pid != 0 {
		t.Errorf("got %d, want none", pid)
	}
	if got, want := describe(os.Getpid()), "this very process"; got != want {
		t.Errorf("got %q", got)
	}
	if got := describe(1 << 30); got != fmt.Sprintf("process %d", 1<<30) {
		t.Errorf("a process that is gone is %q", got)
	}
}

func TestALockThatArrivesTooLateIsGivenBackAtOnce(t *testing.T) {
	dir := t.TempDir()
	mine, theirs := newLocks(dir+"/db"), newLocks(dir+"/db")
	mine.wait = 30 * time.Millisecond
	release, err := theirs.acquire(t.Context(), true)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if _, err := mine.acquire(t.Context(), false); model.CodeOf(err) != model.EBusy {
			t.Fatalf("got %v, want EBusy", err)
		}
	}
	release()
	// The late lock is gone once an exclusive one can be had.
	release, err = theirs.acquire(t.Context(), true)
	if err != nil {
		t.Fatalf("the late lock was kept: %v", err)
	}
	release()
	mine.wait = DefaultWait
	release, err = mine.acquire(t.Context(), true)
	if err != nil {
		t.Fatalf("the turn was kept: %v", err)
	}
	release()
}

func TestATreeThatLeadsInACircleIsNotFollowed(t *testing.T) {
	const size, root, branch = 4096, 3, 4
	ne := binary.NativeEndian
	file := make([]byte, 6*size)
	page := func(id uint64, kind, elements uint16) []byte {
		b := file[id*size : (id+1)*size]
		ne.PutUint64(b, id)
		ne.PutUint16(b[8:], kind)
		ne.PutUint16(b[10:], elements)
		return b[pageHeader:]
	}
	// The list of buckets holds data, whose root is a branch that is its own child, and
	// an empty bucket inside itself.
	e := page(root, leafTag, 2)
	for i, name := range [][]byte{bucketData, bucketAbout} {
		head, body := e[i*elementSize:], e[(i+1)*100:]
		ne.PutUint32(head, bucketEntry)
		ne.PutUint32(head[4:], uint32((i+1)*100-i*elementSize))
		ne.PutUint32(head[8:], uint32(copy(body, name)))
		ne.PutUint32(head[12:], bucketSize+pageHeader)
		ne.PutUint64(body[len(name):], uint64(branch*(1-i)))
		ne.PutUint16(body[len(name)+bucketSize+8:], leafTag)
	}
	e = page(branch, branchTag, 1)
	ne.PutUint32(e, elementSize)
	ne.PutUint32(e[4:], 1)
	ne.PutUint64(e[8:], branch)

	m := meta{pageSize: size, root: root, high: 6}
	for _, reverse := range []bool{false, true} {
		err := newPages(bytes.NewReader(file), m).prove(tour{from: []byte("k"), reverse: reverse, leaves: 2})
		if err == nil || !strings.Contains(err.Error(), "circle") {
			t.Errorf("reverse %t: got %v", reverse, err)
		}
	}
	if problems := walkPages(bytes.NewReader(file), m); len(problems) != 1 {
		t.Errorf("the walk found %q", problems)
	}
}
