package seal_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"ferry/model"
	"ferry/storage/seal"
)

// CASES Vault: secret from a file descriptor or file: one trailing newline trimmed; NUL,
// empty, 1 MiB → error.
func TestReadSecretTrimsOneNewlineAndRefusesTheRest(t *testing.T) {
	for in, want := range map[string]string{
		"canary": "canary", "canary\n": "canary", "canary\n\n": "canary\n", "canary\r\n": "canary",
		" canary \n": " canary ", "a\nb\n": "a\nb", "é+%=:": "é+%=:",
		strings.Repeat("x", 1<<20-1): strings.Repeat("x", 1<<20-1),
	} {
		got, err := seal.ReadSecret(strings.NewReader(in), "test")
		if err != nil || got.Reveal() != want {
			t.Errorf("%.20q: got %d characters, %v", in, len(got.Reveal()), err)
		}
	}
	for _, in := range []string{"", "\n", "\r\n", "can\x00ary", strings.Repeat("x", 1<<20), strings.Repeat("x", 2<<20)} {
		got, err := seal.ReadSecret(strings.NewReader(in), "file descriptor 3")
		wantCode(t, err, model.EInvalid)
		if got.IsSet() || !strings.HasPrefix(err.Error(), "file descriptor 3 ") || strings.Contains(err.Error(), "ary") {
			t.Errorf("%.20q: got %v, %q", in, got, err)
		}
	}
	_, err := seal.ReadSecret(failing{}, "test")
	wantCode(t, err, model.EInvalid)
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New("no") }

// identityFile makes an identity file and returns its secret.
func identityFile(t *testing.T, path string) string {
	t.Helper()
	key, err := seal.NewIdentity(path)
	if err != nil {
		t.Fatal(err)
	}
	return key.Identity.Reveal()
}

func TestFindKeyLooksInOrder(t *testing.T) {
	dir := t.TempDir()
	flag, env, creds, config := dir+"/flag", dir+"/env", dir+"/creds", dir+"/config"
	want := map[string]string{
		flag: identityFile(t, flag), env: identityFile(t, env),
		creds: identityFile(t, creds+"/ferry"), config: identityFile(t, config+"/ferry/identity"),
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	_, _ = w.WriteString("a passphrase\n")
	_ = w.Close()
	fd, err := unix.Dup(int(r.Fd())) // FindKey closes it
	if err != nil {
		t.Fatal(err)
	}
	_ = r.Close()
	s := seal.Sources{Identity: flag, EnvIdentity: env, CredentialsDir: creds, PassphraseFD: &fd, ConfigDir: config}
	find := func() model.Key {
		t.Helper()
		key, err := seal.FindKey(s)
		if err != nil {
			t.Fatal(err)
		}
		return key
	}
	expect := func(source string) {
		t.Helper()
		if got := find(); got.Identity.Reveal() != want[source] || !strings.HasPrefix(got.From, source) {
			t.Errorf("the key is from %s, want %s", got.From, source)
		}
	}
	expect(flag)
	s.Identity = ""
	expect(env)
	s.EnvIdentity = ""
	expect(creds)
	s.CredentialsDir = dir // holds no file ferry
	if got := find(); got.Passphrase.Reveal() != "a passphrase" || !strings.HasPrefix(got.From, "file descriptor ") {
		t.Errorf("the key is from %s", got.From)
	}
	s.PassphraseFD = nil
	expect(config)
	s.ConfigDir = dir
	_, err = seal.FindKey(s)
	wantCode(t, err, model.ELocked)
}

func TestASourceThatIsNamedMustWork(t *testing.T) {
	dir := t.TempDir()
	_, err := seal.FindKey(seal.Sources{Identity: dir + "/missing"})
	wantCode(t, err, model.ENotFound)
	closed := 987
	_, err = seal.FindKey(seal.Sources{PassphraseFD: &closed})
	wantCode(t, err, model.EInvalid)
	for name, content := range map[string]string{
		"empty": "", "comment": "# canary\n", "passphrase": "a passphrase canary\n", "public": "age1canary\n",
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := seal.FindKey(seal.Sources{Identity: path})
		wantCode(t, err, model.EInvalid)
		if strings.Contains(err.Error()+model.AsError(err).Next, "canary") {
			t.Errorf("%s: the error quotes the file: %v", name, err)
		}
	}
}

// CASES Vault: file with wrong mode or a symlink in the way → refused with the command
// that mends it.
func TestAnIdentityThatOthersMayReadIsRefused(t *testing.T) {
	dir := t.TempDir()
	path := seal.Sources{ConfigDir: dir}.DefaultIdentity()
	identityFile(t, path)
	for mode, ok := range map[os.FileMode]bool{0o400: true, 0o600: true, 0o440: false, 0o644: false, 0o500: false} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		_, err := seal.FindKey(seal.Sources{ConfigDir: dir})
		if ok {
			if err != nil {
				t.Errorf("mode %o: %v", mode, err)
			}
			continue
		}
		wantCode(t, err, model.EPermission)
		if next := model.AsError(err).Next; !strings.Contains(next, "chmod 400 "+path) {
			t.Errorf("mode %o: next step %q", mode, next)
		}
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := errors.Join(os.Chmod(path, 0o400), os.Symlink(path, link)); err != nil {
		t.Fatal(err)
	}
	_, err := seal.FindKey(seal.Sources{Identity: link})
	wantCode(t, err, model.EPermission)
}

func TestNewIdentityNeverOverwrites(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "identity")
	key, err := seal.NewIdentity(path)
	if err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if st, _ := os.Stat(path); st.Mode().Perm() != 0o400 {
		t.Errorf("mode %o", st.Mode().Perm())
	}
	_, err = seal.NewIdentity(path)
	wantCode(t, err, model.EExists)
	if after, _ := os.ReadFile(path); !bytes.Equal(before, after) {
		t.Error("the identity was overwritten")
	}
	found, err := seal.FindKey(seal.Sources{Identity: path})
	if err != nil || !found.Identity.Equal(key.Identity) {
		t.Errorf("the file reads back as another key: %v", err)
	}
}

func TestTheEnvironmentNamesSources(t *testing.T) {
	env := map[string]string{"HOME": "/h", "FERRY_IDENTITY": "/i", "CREDENTIALS_DIRECTORY": "/c"}
	s := seal.FromEnvironment(func(k string) string { return env[k] })
	if s.EnvIdentity != "/i" || s.CredentialsDir != "/c" || s.DefaultIdentity() != "/h/.config/ferry/identity" {
		t.Errorf("got %+v", s)
	}
	env["XDG_CONFIG_HOME"] = "/x"
	if got := seal.FromEnvironment(func(k string) string { return env[k] }).DefaultIdentity(); got != "/x/ferry/identity" {
		t.Errorf("got %s", got)
	}
	if got := (seal.Sources{}).DefaultIdentity(); got != "" {
		t.Errorf("got %s", got)
	}
}
