package bolt_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ferry/model"
	"ferry/storage/bolt"
	"ferry/storage/kv"
)

// CASES Vault: file or directory with wrong mode or a symlink in the way → refused with
// the command that mends it.
func TestWrongModesAndLinksAreRefusedWithTheCommandThatMends(t *testing.T) {
	for _, tt := range []struct {
		name    string
		breakIt func(dir, path string) error
		next    func(dir, path string) string
	}{
		{
			"file open to the group", func(_, path string) error { return os.Chmod(path, 0o640) },
			func(_, path string) string { return "chmod 600 " + path },
		},
		{
			"file open to all", func(_, path string) error { return os.Chmod(path, 0o604) },
			func(_, path string) string { return "chmod 600 " + path },
		},
		{
			"directory open to all", func(dir, _ string) error { return os.Chmod(dir, 0o755) },
			func(dir, _ string) string { return "chmod 700 " + dir },
		},
		{"file is a link", func(_, path string) error {
			return errors.Join(os.Rename(path, path+".real"), os.Symlink(path+".real", path))
		}, func(_, path string) string { return "--store " + path + ".real" }},
		{"directory is a link", func(dir, _ string) error {
			return errors.Join(os.Rename(dir, dir+".real"), os.Symlink(dir+".real", dir))
		}, func(dir, _ string) string { return "--store " + dir + ".real/" }},
		{"file is a directory", func(_, path string) error {
			return errors.Join(os.Remove(path), os.Mkdir(path, 0o700))
		}, func(_, _ string) string { return "--store" }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := filepath.Join(privateDir(t), "store")
			path := filepath.Join(dir, "ferry.db")
			held, err := bolt.Create(t.Context(), path, nothing)
			if err != nil {
				t.Fatal(err)
			}
			if err := tt.breakIt(dir, path); err != nil {
				t.Fatal(err)
			}
			_, err = bolt.Open(path)
			wantCode(t, err, model.EPermission)
			if next := model.AsError(err).Next; !strings.Contains(next, tt.next(dir, path)) {
				t.Errorf("the next step is %q, want %q in it", next, tt.next(dir, path))
			}
			// A console that was running already is refused the file too.
			if !strings.HasPrefix(tt.name, "directory") {
				if err := held.View(t.Context(), nothing); err == nil {
					t.Error("a store that was open before still reads the file")
				}
			}
		})
	}
}

func TestCreateNeverOverwrites(t *testing.T) {
	dir := privateDir(t)
	path := filepath.Join(dir, "ferry.db")
	for _, content := range []string{"precious", ""} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := bolt.Create(t.Context(), path, nothing)
		wantCode(t, err, model.EExists)
		if got, _ := os.ReadFile(path); string(got) != content {
			t.Errorf("the file now holds %q", got)
		}
	}
	if err := errors.Join(os.Remove(path), os.Symlink("/nonexistent", path)); err != nil {
		t.Fatal(err)
	}
	_, err := bolt.Create(t.Context(), path, nothing)
	wantCode(t, err, model.EExists)
}

func TestOfManyCreatorsOneWins(t *testing.T) {
	path := filepath.Join(privateDir(t), "deep", "er", "ferry.db")
	const n = 8
	errs := make(chan error, n)
	for i := range n {
		go func() {
			_, err := bolt.Create(t.Context(), path, func(tx kv.Tx) error {
				return tx.Put([]byte("winner"), []byte{byte(i)})
			})
			errs <- err
		}()
	}
	won := 0
	for range n {
		err := <-errs
		if err == nil {
			won++
			continue
		}
		wantCode(t, err, model.EExists)
	}
	if won != 1 {
		t.Fatalf("%d of %d created the store", won, n)
	}
	for _, p := range []string{filepath.Dir(path), filepath.Dir(filepath.Dir(path)), path + ".locks"} {
		if st, err := os.Stat(p); err != nil || st.Mode().Perm() != 0o700 {
			t.Errorf("%s: %v, %v", p, st.Mode(), err)
		}
	}
	if st, err := os.Stat(path); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("the file has mode %v, %v", st.Mode(), err)
	}
}

func TestAFailedCreateLeavesNothing(t *testing.T) {
	dir := privateDir(t)
	mine := errors.New("the first records could not be made")
	_, err := bolt.Create(t.Context(), filepath.Join(dir, "ferry.db"), func(tx kv.Tx) error {
		return errors.Join(tx.Put([]byte("a"), nil), mine)
	})
	if !errors.Is(err, mine) {
		t.Fatalf("got %v", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() != "ferry.db.locks" {
			t.Errorf("%s was left behind", e.Name())
		}
	}
}

func TestCreateRefusesAnOpenDirectory(t *testing.T) {
	dir := privateDir(t)
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	_, err := bolt.Create(t.Context(), filepath.Join(dir, "ferry.db"), nothing)
	wantCode(t, err, model.EPermission)
}
