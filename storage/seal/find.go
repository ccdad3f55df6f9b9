package seal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"ferry/model"
	"ferry/storage/internal/paste"
)

// Sources says where a key may be, in the order in which FindKey looks.
type Sources struct {
	Identity       string // --identity FILE
	EnvIdentity    string // FERRY_IDENTITY, a path
	CredentialsDir string // CREDENTIALS_DIRECTORY of systemd; the file ferry in it
	PassphraseFD   *int   // --passphrase-fd N
	ConfigDir      string // XDG_CONFIG_HOME or what it defaults to; ferry/identity in it
}

// FromEnvironment returns the sources that the environment names. Flags are added by
// the caller.
func FromEnvironment(getenv func(string) string) Sources {
	s := Sources{
		EnvIdentity:    getenv("FERRY_IDENTITY"),
		CredentialsDir: getenv("CREDENTIALS_DIRECTORY"),
		ConfigDir:      getenv("XDG_CONFIG_HOME"),
	}
	if home := getenv("HOME"); s.ConfigDir == "" && home != "" {
		s.ConfigDir = filepath.Join(home, ".config")
	}
	return s
}

// DefaultIdentity is where an identity is looked for when nothing names one, and
// where the first run puts it. "" when there is no configuration directory.
func (s Sources) DefaultIdentity() string {
	if s.ConfigDir == "" {
		return ""
	}
	return filepath.Join(s.ConfigDir, "ferry", "identity")
}

// FindKey returns the first key there is. A source that was named must work: ENotFound
// or EPermission when it does not. ELocked when only a prompt is left: the caller asks
// for the passphrase and makes the model.Key itself.
func FindKey(s Sources) (model.Key, error) {
	for _, path := range []string{s.Identity, s.EnvIdentity} {
		if path != "" {
			return readIdentity(path, true)
		}
	}
	if s.CredentialsDir != "" {
		// systemd guards this directory itself, with its own owner and mode.
		key, err := readIdentity(filepath.Join(s.CredentialsDir, "ferry"), false)
		if model.CodeOf(err) != model.ENotFound {
			return key, err
		}
	}
	if s.PassphraseFD != nil {
		return readPassphrase(*s.PassphraseFD)
	}
	if path := s.DefaultIdentity(); path != "" {
		key, err := readIdentity(path, true)
		if model.CodeOf(err) != model.ENotFound {
			return key, err
		}
	}
	return model.Key{}, model.Errorf(model.ELocked, "the vault needs a passphrase").
		WithNext("run ferry in a terminal, or give --passphrase-fd N or --identity FILE")
}

// readPassphrase reads a passphrase from an open file descriptor and closes it.
func readPassphrase(fd int) (model.Key, error) {
	source := fmt.Sprintf("file descriptor %d", fd)
	f := os.NewFile(uintptr(max(fd, 0)), source)
	if fd < 0 || f == nil {
		return model.Key{}, model.Errorf(model.EInvalid, "%d is not a file descriptor", fd).WithField("passphrase_fd")
	}
	defer f.Close()
	secret, err := ReadSecret(f, source)
	if err != nil {
		return model.Key{}, err
	}
	return model.Key{Passphrase: secret, From: source}, nil
}

// readIdentity reads an age identity file: comment lines and one identity. With guard
// it refuses one that others may read, or put there.
func readIdentity(path string, guard bool) (model.Key, error) {
	flags := os.O_RDONLY | unix.O_NONBLOCK // a pipe in the way must not make us wait
	if guard {
		flags |= unix.O_NOFOLLOW
	}
	f, err := os.OpenFile(path, flags, 0)
	if err != nil {
		return model.Key{}, identityFault(path, err)
	}
	defer f.Close()
	if guard {
		st, err := f.Stat()
		if err == nil {
			err = checkIdentity(path, st, os.Geteuid())
		}
		if err != nil {
			return model.Key{}, err
		}
	}
	secret, err := ReadSecret(f, path)
	if err != nil {
		return model.Key{}, err
	}
	key := model.Key{From: path}
	for line := range strings.Lines(secret.Reveal()) {
		if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if key.Identity.IsSet() {
			return model.Key{}, model.Errorf(model.EInvalid, "%s holds more than one identity", model.Printable(path)).
				WithNext("keep one line that begins with AGE-SECRET-KEY-1")
		}
		key.Identity = model.NewSecret(line)
	}
	// Said here, where the file is known, and not after the store was opened.
	if _, err := parseIdentity(key); err != nil {
		return model.Key{}, err
	}
	return key, nil
}

// checkIdentity refuses an identity file with a wrong owner or mode.
func checkIdentity(path string, st fs.FileInfo, uid int) error {
	name := model.Printable(path)
	owner := -1
	if sys, ok := st.Sys().(*syscall.Stat_t); ok {
		owner = int(sys.Uid)
	}
	switch mode := st.Mode(); {
	case !mode.IsRegular():
		return model.Errorf(model.EPermission, "%s is not a regular file", name).
			WithNext("name an identity file with --identity FILE")
	case owner != uid:
		return model.Errorf(model.EPermission, "%s belongs to user id %d, and you are user id %d", name, owner, uid).
			WithNext("chown %d %s", uid, paste.Path(path))
	case mode.Perm() != 0o400 && mode.Perm() != 0o600:
		return model.Errorf(model.EPermission, "%s has mode %04o, which is not safe for a key", name, mode.Perm()).
			WithNext("chmod 400 %s", paste.Path(path))
	}
	return nil
}

func identityFault(path string, err error) error {
	name := model.Printable(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return model.Errorf(model.ENotFound, "there is no identity file %s", name).
			WithNext("check the path, or make one with: ferry vault init --identity-out FILE").WithCause(err)
	case errors.Is(err, unix.ELOOP), errors.Is(err, unix.EMLINK):
		return model.Errorf(model.EPermission, "%s is a symbolic link, which is not safe for a key", name).
			WithNext("name the file itself: --identity %s", paste.Path(realPath(path))).WithCause(err)
	}
	return model.Errorf(model.EPermission, "%s may not be read by you", name).
		WithNext("chmod 400 %s", paste.Path(path)).WithCause(err)
}

func realPath(path string) string {
	if found, err := filepath.EvalSymlinks(path); err == nil {
		return found
	}
	return path
}
