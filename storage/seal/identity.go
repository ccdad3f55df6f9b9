package seal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"filippo.io/age"

	"ferry/model"
	"ferry/storage/internal/paste"
)

// NewIdentity makes an X25519 identity in a new file, mode 0400, in the format of
// age-keygen, and returns it as a key. Missing directories are made, 0700. EExists when
// there is a file already, which is never touched.
func NewIdentity(path string) (model.Key, error) {
	name := model.Printable(path)
	id, err := age.GenerateX25519Identity()
	if err != nil {
		return model.Key{}, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return model.Key{}, cannotWrite(name, err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o400)
	if errors.Is(err, fs.ErrExist) {
		return model.Key{}, model.Errorf(model.EExists, "there is already a file at %s", name).
			WithNext("use it with --identity %s, or name another file", paste.Path(path))
	}
	if err != nil {
		return model.Key{}, cannotWrite(name, err)
	}
	_, err = fmt.Fprintf(f, "# created: %s\n# public key: %s\n%s\n",
		time.Now().UTC().Format(time.RFC3339), id.Recipient(), id)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		// Half a key must not stand in the way of the next attempt.
		_ = os.Remove(path)
		return model.Key{}, cannotWrite(name, err)
	}
	return model.Key{Identity: model.NewSecret(id.String()), From: path}, nil
}

func cannotWrite(name string, err error) error {
	return model.Errorf(model.EPermission, "%s cannot be written", name).
		WithNext("name a file in a directory of your own, on a disk with space").WithCause(err)
}
