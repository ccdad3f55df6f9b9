package scratch

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestADirectoryIsPrivateAndGoesWithAllThatIsInIt(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	d, err := New("trial")
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(d.Path)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Fatalf("mode %v, %v", info.Mode(), err)
	}
	if err := os.WriteFile(filepath.Join(d.Path, "a"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := d.Remove(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(d.Path); !os.IsNotExist(err) {
		t.Errorf("it is still there: %v", err)
	}
}

func TestASweepTakesOnlyWhatNobodyUses(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	used, err := New("trial")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = used.Remove() }()
	outside := filepath.Join(dir, "outside")
	paths := map[string]os.FileMode{"trial-left": 0o700, "trial-open": 0o755, "other-left": 0o700, "outside": 0o700}
	for name, mode := range paths {
		if err := os.Mkdir(filepath.Join(dir, name), mode); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(outside, filepath.Join(dir, "trial-link")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "trial-young"), 0o700); err != nil {
		t.Fatal(err)
	}
	later := time.Now().Add(2 * grace)
	if err := os.Chtimes(filepath.Join(dir, "trial-young"), later, later); err != nil {
		t.Fatal(err)
	}
	sweep(dir, "trial", later)
	for name, stays := range map[string]bool{
		filepath.Base(used.Path): true, "trial-left": false, "trial-open": true, "other-left": true,
		"outside": true, "trial-link": true, "trial-young": true,
	} {
		if _, err := os.Lstat(filepath.Join(dir, name)); (err == nil) != stays {
			t.Errorf("%s: stays %v, want %v", name, err == nil, stays)
		}
	}
}
