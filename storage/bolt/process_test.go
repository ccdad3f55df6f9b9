package bolt_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ferry/model"
	"ferry/storage/bolt"
	"ferry/storage/kv"
	"ferry/storage/storagetest"
)

func TestMain(m *testing.M) {
	storagetest.Main(m, storagetest.Parts{"hold": holdForever, "fill disk": fillDisk})
}

func holdForever(args []string) error {
	s, err := bolt.Open(args[0])
	if err != nil {
		return err
	}
	return s.Update(context.Background(), func(kv.Tx) error {
		fmt.Println("held")
		select {}
	})
}

// CASES Store: a second process holding the lock → waits, then says so within its limit.
func TestASecondProcessThatHoldsTheLockIsNamed(t *testing.T) {
	path := fresh(t).Path()
	cmd, out := storagetest.Process(t, "hold", path)
	if !out.Scan() || out.Text() != "held" {
		t.Fatalf("the second process said %q", out.Text())
	}
	const wait = 200 * time.Millisecond
	s, err := bolt.Open(path, bolt.WithWait(wait))
	if err != nil {
		t.Fatal(err)
	}
	for name, use := range map[string]func(context.Context, func(kv.Tx) error) error{"view": s.View, "update": s.Update} {
		begin := time.Now()
		err := use(t.Context(), nothing)
		wantCode(t, err, model.EBusy)
		if took := time.Since(begin); took < wait || took > wait+5*time.Second {
			t.Errorf("%s: gave up after %s", name, took)
		}
		if who := fmt.Sprintf("process %d (", cmd.Process.Pid); fileExists("/proc/locks") && !strings.Contains(err.Error(), who) {
			t.Errorf("%s: %q does not name %s", name, err, who)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	wantInterrupted(t, s.View(ctx, nothing))

	// A holder that dies gives the store back.
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	patient, err := bolt.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := patient.Update(t.Context(), nothing); err != nil {
		t.Errorf("after the holder died: %v", err)
	}
}

func wantInterrupted(t *testing.T, err error) {
	t.Helper()
	if model.CodeOf(err) != model.EInterrupted {
		t.Errorf("got %v, want EInterrupted", err)
	}
}

func fileExists(path string) bool { _, err := os.Stat(path); return err == nil }

// fillDisk writes until the limit on the size of files, which stands for a full disk,
// then deletes, and reports what was acknowledged.
func fillDisk(args []string) error {
	signal.Ignore(syscall.SIGXFSZ)
	path := args[0]
	s, err := bolt.Open(path)
	if err != nil {
		return err
	}
	st, err := os.Stat(path)
	if err != nil {
		return err
	}
	limit := uint64(st.Size()) + 1<<20
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: limit, Max: limit}); err != nil {
		return err
	}
	var full error
	ctx, n := context.Background(), 0
	for ; n < 1000 && full == nil; n++ {
		full = s.Update(ctx, func(tx kv.Tx) error {
			return tx.Put(fmt.Appendf(nil, "big-%04d", n), make([]byte, 40_000))
		})
	}
	fmt.Println("written", n-1) // the last one was not
	fmt.Printf("full %s: %v\n", model.CodeOf(full), full)
	err = s.Update(ctx, func(tx kv.Tx) error { return tx.Delete([]byte("big-0000")) })
	fmt.Println("deleted", err)
	return nil
}

// CASES Store: disk full while saving → reported, old data intact, deleting still works.
func TestAFullDiskIsReportedAndNothingIsLost(t *testing.T) {
	s := filled(t)
	cmd, out := storagetest.Process(t, "fill disk", s.Path())
	var lines []string
	for out.Scan() {
		lines = append(lines, out.Text())
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	var written int
	if len(lines) != 3 || !strings.HasPrefix(lines[0], "written ") || lines[2] != "deleted <nil>" ||
		!strings.Contains(lines[1], "the disk is full; nothing was changed") {
		t.Fatalf("the other process said %q", lines)
	}
	if _, err := fmt.Sscanf(lines[0], "written %d", &written); err != nil || written < 2 || written > 999 {
		t.Fatalf("%q: %v", lines[0], err)
	}
	err := s.View(t.Context(), func(tx kv.Tx) error {
		old, err := tx.Scan(kv.Range{Prefix: []byte("key-"), Limit: kv.MaxScan})
		if err != nil {
			return err
		}
		big, err := tx.Scan(kv.Range{Prefix: []byte("big-"), Limit: kv.MaxScan, KeysOnly: true})
		if len(old) != 200 || len(big) != written-1 {
			return fmt.Errorf("%d old and %d new records, want 200 and %d", len(old), len(big), written-1)
		}
		return err
	})
	problems, check := s.Check(t.Context())
	if err := errors.Join(err, check); err != nil || len(problems) > 0 {
		t.Fatalf("%v; problems: %q", err, problems)
	}
}

// CASES Store: read-only file system → clear refusal or read-only use: where nothing may
// be written, a store that has its lock files is read.
func TestWhatCannotBeWrittenIsStillRead(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Log("root writes everywhere: only the reading is seen")
	}
	s := filled(t)
	if err := os.Chmod(s.Path(), 0o400); err != nil {
		t.Fatal(err)
	}
	if err := s.View(t.Context(), nothing); err != nil {
		t.Errorf("view: %v", err)
	}
	err := s.Update(t.Context(), func(tx kv.Tx) error { return tx.Put([]byte("a"), nil) })
	if os.Geteuid() != 0 {
		wantCode(t, err, model.EPermission)
	}
}

func TestInfoCountsChanges(t *testing.T) {
	s := fresh(t)
	before, err := s.Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Update(t.Context(), func(tx kv.Tx) error { return tx.Put([]byte("a"), nil) }); err != nil {
		t.Fatal(err)
	}
	after, err := s.Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if after.Sequence != before.Sequence+1 || after.Kind != "bolt" || after.Bytes == 0 || filepath.Base(after.Path) != "ferry.db" {
		t.Errorf("before %+v, after %+v", before, after)
	}
}
