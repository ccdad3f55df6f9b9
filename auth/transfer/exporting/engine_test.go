package exporting

import (
	"os"
	"testing"

	"ferry/model"
)

func TestNDJSON(t *testing.T) {
	s := &pages{pages: made(10, 20)}
	if got, want := export(t, s, model.Transfer{File: model.TransferFile{Format: model.NDJSON}}), lined(flat(s.pages)); got != want {
		t.Errorf("got %.200s", got)
	}
}

func TestModeIs0600(t *testing.T) {
	k := &kept{}
	dir := t.TempDir()
	j := job(dir, model.TransferFile{Format: model.NDJSON}, k)
	if err := engine(&pages{pages: made(2, 2)}).Run(t.Context(), j); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(j.Transfer.File.Path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if all := names(t, dir); len(all) != 1 {
		t.Errorf("left behind: %v", all)
	}
}
