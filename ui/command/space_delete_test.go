package command

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"ferry/model"
	"ferry/model/apiusers"
	"ferry/model/hub"
	"ferry/model/modeltest"
	"ferry/storage/storagetest"
)

// cutter cancels a context as soon as something is said of what is left.
type cutter struct {
	bytes.Buffer
	cut context.CancelFunc
}

func (c *cutter) Write(p []byte) (int, error) {
	if strings.Contains(string(p), "records left") {
		c.cut()
	}
	return c.Buffer.Write(p)
}

// A deletion that is cut off says how it goes on; meanwhile nobody enters the space, and
// asking again finishes it.
func TestADeletionThatWasCutOffGoesOn(t *testing.T) {
	store, _ := storagetest.NewAt(t, filepath.Join(storagetest.Dir(t), "ferry.db"), modeltest.FirstSpace)
	door := modeltest.NewDoor(store)
	ctx := context.Background()
	h, err := door.Open(ctx, model.Key{})
	if err != nil {
		t.Fatal(err)
	}
	ctx = h.Context(ctx)
	sp, err := h.Spaces.Create(ctx, "large", false)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 150 {
		if _, err := h.Users.Create(ctx, sp, apiusers.Draft{Username: fmt.Sprintf("robot-%d", i)}, ""); err != nil {
			t.Fatal(err)
		}
	}
	cutCtx, cut := context.WithCancel(context.Background())
	said := &cutter{cut: cut}
	e, _, _ := env("space", "delete", "large", "--everything", "--confirm", "large")
	e.Stderr, e.Door = said, func(Settings) (hub.Door, error) { return door, nil }
	if code := Run(cutCtx, e); code != 130 || !strings.Contains(said.String(), "go on with: ferry space delete large --everything --confirm large") {
		t.Fatalf("exit code %d, %s", code, said)
	}
	if _, err := h.Spaces.ByName(ctx, "large"); model.CodeOf(err) != model.EDisabled {
		t.Errorf("the space can still be entered: %v", err)
	}
	if code, out, _, _ := run(t, door, nil, "space", "list"); code != 0 || !strings.Contains(out, "being deleted") {
		t.Errorf("exit code %d, the list is %q", code, out)
	}
	if code, _, errOut, _ := run(t, door, nil, "space", "protect", "large"); code == 0 {
		t.Errorf("a space that is being deleted was changed: %s", errOut)
	}
	if code, out, errOut, _ := run(t, door, nil, "space", "delete", "large", "--everything", "--confirm", "large"); code != 0 || out != "Deleted the space large\n" {
		t.Errorf("asked again: exit code %d, %q, %q", code, out, errOut)
	}
	if _, err := h.Spaces.Find(ctx, "large"); model.CodeOf(err) != model.ENotFound {
		t.Errorf("the space is still there: %v", err)
	}
}

// On a terminal the progress is one line that changes and then goes; a script that reads
// JSON is told nothing.
func TestAProgressLine(t *testing.T) {
	for name, tc := range map[string]struct {
		terminal bool
		output   string
		want     string
	}{
		"terminal": {true, "text", "\rferry: 100 records left\rferry: 9 records left  \r" + strings.Repeat(" ", len("ferry: 9 records left")) + "\r"},
		"file":     {false, "text", "ferry: 100 records left\n"},
		"json":     {false, "json", ""},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			clock := &modeltest.Clock{}
			a := &app{errOut: &out, env: Env{Terminals: Terminals{Err: tc.terminal}}, g: globals{output: tc.output}}
			line := a.progress(clock.Now)
			line.left(100)
			line.left(50) // too soon
			clock.Pass(progressEvery)
			line.left(9)
			clock.Pass(progressEvery)
			line.left(0)
			line.end()
			if out.String() != tc.want {
				t.Errorf("got %q, want %q", out.String(), tc.want)
			}
		})
	}
}
