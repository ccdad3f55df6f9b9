package savefile

import (
	"os"
	"path/filepath"
	"testing"

	"ferry/model"
)

func TestWrite(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "out")
	if err := Write(path, []byte("a"), false); err != nil {
		t.Fatal(err)
	}
	if err := Write(path, []byte("b"), false); model.CodeOf(err) != model.EExists {
		t.Fatalf("over a file: %v", err)
	}
	if got, _ := os.ReadFile(path); string(got) != "a" {
		t.Fatalf("%q", got)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := Write(path, []byte("b"), true); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if got, _ := os.ReadFile(path); err != nil || string(got) != "b" || info.Mode().Perm() != 0o600 {
		t.Fatalf("%q, %v, %v", got, info, err)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 1 {
		t.Fatalf("left behind: %v", left)
	}
}

func TestWriteSaysWhy(t *testing.T) {
	dir := t.TempDir()
	for path, want := range map[string]model.Code{
		"":                                model.EInvalid,
		dir:                               model.EInvalid,
		filepath.Join(dir, "none", "out"): model.EInternal,
		"/dev/null":                       model.EInvalid,
	} {
		if err := Write(path, []byte("x"), true); model.CodeOf(err) != want {
			t.Errorf("%s: %v, want %s", path, err, want)
		}
	}
}
