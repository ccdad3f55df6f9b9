package files_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"ferry/model"
	"ferry/storage/files"
)

func wantCode(t *testing.T, err error, code model.Code) {
	t.Helper()
	_ = refused(t, err, code)
}

// refused looks that err has the code and a next step, and returns it.
func refused(t *testing.T, err error, code model.Code) *model.Error {
	t.Helper()
	if model.CodeOf(err) != code {
		t.Fatalf("got %v (%s), want %s", err, model.CodeOf(err), code)
	}
	e := model.AsError(err)
	if e.Next == "" && code != model.EInvalid {
		t.Fatalf("%q has no next step", err)
	}
	return e
}

func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func wantText(t *testing.T, path, want string) {
	t.Helper()
	if got, err := os.ReadFile(path); err != nil || string(got) != want {
		t.Errorf("%s holds %q, %v; want %q", filepath.Base(path), got, err, want)
	}
}

func put(t *testing.T, f model.File, text string) {
	t.Helper()
	if _, err := io.WriteString(f, text); err != nil {
		t.Fatal(err)
	}
}

func TestNamesBecomeAbsolute(t *testing.T) {
	dir := must(filepath.EvalSymlinks(t.TempDir()))(t)
	t.Chdir(dir)
	write(t, filepath.Join(dir, "real"), "x")
	if err := errors.Join(os.Symlink("real", "link"), os.Symlink("nowhere", "dangling")); err != nil {
		t.Fatal(err)
	}
	anywhere, bound := files.New(""), files.New(filepath.Join(dir, "files"))
	for _, tt := range []struct {
		files *files.Files
		name  string
		want  string // below dir, or "-"
		code  model.Code
	}{
		{anywhere, "-", "-", ""},
		{anywhere, "a/../b", "b", ""},
		{anywhere, filepath.Join(dir, "x"), "x", ""},
		{anywhere, "link", "real", ""}, // the file is replaced, not the link
		{anywhere, "dangling", "dangling", ""},
		{anywhere, "", "", model.EInvalid},
		{anywhere, "a\x00b", "", model.EInvalid},
		{anywhere, "out/", "", model.EInvalid},
		{bound, "-", "-", ""},
		{bound, "b", "files/b", ""},
		{bound, filepath.Join(dir, "files", "c"), "files/c", ""},
		{bound, "../b", "", model.EPermission},
		{bound, "/etc/passwd", "", model.EPermission},
		{bound, ".", "", model.EPermission},
	} {
		got, err := tt.files.Resolve(tt.name)
		want := tt.want
		if want != "" && want != "-" {
			want = filepath.Join(dir, want)
		}
		if got != want || model.CodeOf(err) != tt.code {
			t.Errorf("%q: got %q, %v; want %q, %s", tt.name, got, err, want, tt.code)
		}
	}
}

// An export is not there until it is whole, is private, and replaces nothing unasked.
func TestAnUnfinishedFileBecomesTheFile(t *testing.T) {
	f, dir := files.New(""), t.TempDir()
	name := filepath.Join(dir, "out.ndjson")
	part := must(f.Part(name))(t)
	put(t, part, "1\n2\n")
	if f.Exists(name) {
		t.Error("the file is there before it is whole")
	}
	info := must(os.Stat(filepath.Join(dir, ".out.ndjson.part")))(t)
	if info.Mode().Perm() != 0o600 {
		t.Errorf("mode %o", info.Mode().Perm())
	}
	if size := must(part.Size())(t); size != 4 {
		t.Errorf("size %d", size)
	}
	if err := errors.Join(part.Truncate(2), part.Sync(), f.Finish(name, false), part.Close(), part.Close()); err != nil {
		t.Fatal(err)
	}
	wantText(t, name, "1\n")
	if !f.Exists(name) || f.Exists(filepath.Join(dir, ".out.ndjson.part")) {
		t.Error("the unfinished file was not renamed")
	}

	part = must(f.Part(name))(t)
	put(t, part, "new\n")
	if err := part.Close(); err != nil {
		t.Fatal(err)
	}
	wantCode(t, f.Finish(name, false), model.EExists)
	wantText(t, name, "1\n")
	if err := f.Finish(name, true); err != nil {
		t.Fatal(err)
	}
	wantText(t, name, "new\n")
	if info := must(os.Stat(name))(t); info.Mode().Perm() != 0o600 {
		t.Errorf("mode %o", info.Mode().Perm())
	}
	wantCode(t, f.Finish(name, true), model.ENotFound)
}

func TestAnUnfinishedFileIsKeptForTheNextRun(t *testing.T) {
	f, name := files.New(""), filepath.Join(t.TempDir(), "out")
	part := must(f.Part(name))(t)
	put(t, part, "kept")
	if err := part.Close(); err != nil {
		t.Fatal(err)
	}
	part = must(f.Part(name))(t)
	if got, err := io.ReadAll(part); err != nil || string(got) != "kept" {
		t.Errorf("got %q, %v", got, err)
	}
	if err := errors.Join(part.Close(), f.Discard(name), f.Discard(name)); err != nil {
		t.Fatal(err)
	}
	wantCode(t, f.Finish(name, true), model.ENotFound)
	if err := f.Discard(filepath.Join(t.TempDir(), "no", "such", "directory")); err != nil {
		t.Error(err)
	}
}

// A process that was killed between giving the file its name and taking the other away
// leaves both. The finished file stays as it is.
func TestTheNextRunNeverWritesToAFinishedFile(t *testing.T) {
	f, dir := files.New(""), t.TempDir()
	name := filepath.Join(dir, "out")
	write(t, name, "finished")
	if err := os.Link(name, filepath.Join(dir, ".out.part")); err != nil {
		t.Fatal(err)
	}
	part := must(f.Part(name))(t)
	defer part.Close()
	if size := must(part.Size())(t); size != 0 {
		t.Errorf("%d bytes of the finished file are in the new one", size)
	}
	put(t, part, "new")
	wantText(t, name, "finished")
}

// Issue 5: nothing is written through a link, to a pipe, to a device or to a directory.
func TestWhatIsNoRegularFileIsRefused(t *testing.T) {
	f, dir := files.New(""), t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	write(t, in("victim"), "victim")
	if err := errors.Join(os.Mkdir(in("dir"), 0o700), syscall.Mkfifo(in("pipe"), 0o600), syscall.Mkfifo(in(".b.part"), 0o600),
		os.Symlink("victim", in("link")), os.Symlink("victim", in(".a.part")), os.Mkdir(in(".c.part"), 0o700)); err != nil {
		t.Fatal(err)
	}
	closing := func(file model.File, err error) error {
		if err == nil {
			err = file.Close()
		}
		return err
	}
	for what, err := range map[string]error{
		"read a directory": closing(f.Open(in("dir"))), "read a pipe": closing(f.Open(in("pipe"))), "read a device": closing(f.Open("/dev/null")),
		"part of a directory": closing(f.Part(in("dir"))), "part of a pipe": closing(f.Part(in("pipe"))), "part of a device": closing(f.Part("/dev/null")),
		"part of a link": closing(f.Part(in("link"))), "part that is a link": closing(f.Part(in("a"))), "part that is a pipe": closing(f.Part(in("b"))),
		"part that is a directory": closing(f.Part(in("c"))),
		"append to a link":         closing(f.Append(in("link"))), "append to a pipe": closing(f.Append(in("pipe"))), "append to a directory": closing(f.Append(in("dir"))),
		"a long name": closing(f.Part(in(strings.Repeat("x", 252)))),
	} {
		if model.CodeOf(err) != model.EInvalid {
			t.Errorf("%s: %v (%s)", what, err, model.CodeOf(err))
		}
	}
	wantText(t, in("victim"), "victim")
	wantCode(t, closing(f.Open(in("none"))), model.ENotFound)
	wantCode(t, closing(f.Part(in("no/dir"))), model.ENotFound)
	wantText(t, in("link"), "victim")
	if file := must(f.Open(in("link")))(t); file.Close() != nil {
		t.Error("reading follows links")
	}
}

func TestAppendAddsToTheEndOfAPrivateFile(t *testing.T) {
	f, name := files.New(""), filepath.Join(t.TempDir(), "rejects.ndjson")
	for _, line := range []string{"1\n", "2\n"} {
		file := must(f.Append(name))(t)
		put(t, file, line)
		if err := errors.Join(file.Sync(), file.Close()); err != nil {
			t.Fatal(err)
		}
	}
	wantText(t, name, "1\n2\n")
	if info := must(os.Stat(name))(t); info.Mode().Perm() != 0o600 {
		t.Errorf("mode %o", info.Mode().Perm())
	}
}

// --restricted: neither dots nor links lead out of the one directory.
func TestTheOneDirectoryIsNotLeft(t *testing.T) {
	outside := t.TempDir()
	dir := filepath.Join(t.TempDir(), "files")
	f := files.New(dir)
	part := must(f.Part(must(f.Resolve("out"))(t)))(t) // makes the directory
	put(t, part, "inside")
	if err := errors.Join(f.Finish(filepath.Join(dir, "out"), false), part.Close()); err != nil {
		t.Fatal(err)
	}
	wantText(t, filepath.Join(dir, "out"), "inside")
	write(t, filepath.Join(outside, "secret"), "secret")
	if err := errors.Join(os.Symlink(outside, filepath.Join(dir, "away")), os.Symlink(filepath.Join(outside, "secret"), filepath.Join(dir, "leak")),
		os.Symlink("out", filepath.Join(dir, "alias")), os.Mkdir(filepath.Join(dir, "sub"), 0o700)); err != nil {
		t.Fatal(err)
	}
	try := func(open func(string) (model.File, error), name string) model.Code {
		file, err := open(filepath.Join(dir, name))
		if err == nil {
			err = file.Close()
		}
		return model.CodeOf(err)
	}
	for _, tt := range []struct {
		what string
		got  model.Code
		want model.Code
	}{
		{"read", try(f.Open, "out"), ""},
		{"read by a link inside", try(f.Open, "alias"), ""},
		{"read by a link to the outside", try(f.Open, "leak"), model.EPermission},
		{"read in a directory outside", try(f.Open, "away/secret"), model.EPermission},
		{"read by dots", try(f.Open, "../../secret"), model.EPermission},
		{"part in a directory outside", try(f.Part, "away/x"), model.EPermission},
		{"part by dots", try(f.Part, "../x"), model.EPermission},
		{"append in a directory outside", try(f.Append, "away/x"), model.EPermission},
		{"part below", try(f.Part, "sub/x"), ""},
		{"append below", try(f.Append, "sub/y"), ""},
	} {
		if tt.got != tt.want {
			t.Errorf("%s: %q, want %q", tt.what, tt.got, tt.want)
		}
	}
	if f.Exists(filepath.Join(outside, "secret")) || f.Exists(filepath.Join(dir, "away", "secret")) {
		t.Error("what lies outside is told of")
	}
	if left := must(os.ReadDir(outside))(t); len(left) != 1 {
		t.Errorf("something was made outside: %v", left)
	}
}

// What an operator sees of a name from outside is spelled out.
func TestMessagesShowNamesSpelledOut(t *testing.T) {
	_, err := files.New("").Open(filepath.Join(t.TempDir(), "a\x1b[31mb"))
	e := refused(t, err, model.ENotFound)
	if bytes.ContainsRune([]byte(e.Message+e.Next), 0x1b) || e.Field != "file" {
		t.Errorf("%q, next %q, field %q", e.Message, e.Next, e.Field)
	}
}
