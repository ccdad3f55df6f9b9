package command

import (
	"os"
	"path/filepath"
	"testing"

	"ferry/model"
)

// CASES Store: disk full while saving. A file that cannot take the key is not left behind.
func TestAKeyFileThatCannotBeWrittenIsTakenAway(t *testing.T) {
	name := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(name, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	readOnly, err := os.Open(name) // stands for a disk that takes nothing
	if err != nil {
		t.Fatal(err)
	}
	k := &keyFile{name: name, file: readOnly}
	if err := k.commit(model.NewSecret("text")); err == nil {
		t.Error("a key that was not written counts as saved")
	}
	if _, err := os.Stat(name); !os.IsNotExist(err) {
		t.Errorf("the file is still there: %v", err)
	}
	k.discard()
}
