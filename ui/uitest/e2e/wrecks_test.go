//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ferry/ui/uitest/place"
)

// Issue 2: the journey over ssh, and another that is cut in the middle of an edit. The
// store of the first cut is thrown away with the process.
func TestJourneyOverSSHCutInMidEdit(t *testing.T) {
	server := startSSHD(t)
	for name, cut := range cuts {
		t.Run(name, func(t *testing.T) {
			p := newSite(t)
			c := server.in(t).connect(p, "--sandbox")
			c.fetchToken("hr")
			c.On("hr").Press("e").See("Connection name").To("Connection name").Type("-never-saved").See("hr-never-saved")
			if len(p.Processes()) == 0 {
				t.Fatal("the console does not run; nothing would be tested")
			}
			cut(c)
			p.NoProcessLeft()
			p.nothingTemporary()
		})
	}
}

// CASES: the SSH connection drops in the middle of an edit → the lock is free, nothing
// half-written, no process left. On a store that stays: its client is as it was.
func TestConnectionDropsInMidEdit(t *testing.T) {
	server := startSSHD(t)
	for name, cut := range cuts {
		t.Run(name, func(t *testing.T) {
			p := newSite(t)
			p.withOneClient()
			before := p.Must("client", "show", "kept", "--output", "json")
			c := server.in(t).connect(p)
			c.On("kept").Press("e").See("Connection name", "kept").To("Connection name").Type("-changed").See("kept-changed")
			c.To("Base URL").Press("ctrl+u").Type("http://127.0.0.1:2").See("http://127.0.0.1:2")
			if len(p.Processes()) == 0 {
				t.Fatal("the console does not run; nothing would be tested")
			}
			cut(c)
			p.WholeAndFree()
			if after := p.Must("client", "show", "kept", "--output", "json"); after != before {
				t.Errorf("the client was\n%s\nand is now\n%s", before, after)
			}
			p.Must("client", "update", "kept", "--timeout", "9s")
		})
	}
}

// The same while the form is being saved, at a moment that differs each time: the client
// is as it was or as it was to be, and the audit log agrees.
func TestConnectionDropsWhileSaving(t *testing.T) {
	server := startSSHD(t)
	saved := 0
	for name, cut := range cuts {
		t.Run(name, func(t *testing.T) {
			p := newSite(t)
			p.withOneClient()
			before := p.kept()
			for round := range 5 {
				c := server.in(t).connect(p)
				timeout := fmt.Sprintf("1%ds", round)
				c.On("kept").Press("e").See("Connection name", "kept").To("Transport").Press("enter").See("Timeout").To("Timeout").Press("ctrl+u").Type(timeout).See(timeout)
				c.Press("ctrl+s")
				time.Sleep(time.Duration(3*round) * time.Millisecond) // the moment is what differs
				cut(c)
				p.WholeAndFree()
				switch after := p.kept(); {
				case after == before:
				case after.Revision == before.Revision+1 && after.Timeout == timeout:
					saved++
					before = after
				default:
					t.Errorf("the client was %+v and is now %+v", before, after)
				}
				if entries := strings.Count(p.Must("audit", "list", "--output", "json"), "client.update"); entries != before.Revision-1 {
					t.Errorf("revision %d, and the audit log knows %d updates", before.Revision, entries)
				}
			}
		})
	}
	t.Logf("%d connections cut while saving, %d of the saves were done", 5*len(cuts), saved)
}

// stored is what a cut may or may not have changed.
type stored struct {
	Timeout  string
	Revision int
}

func (p *site) kept() stored {
	p.T.Helper()
	var s stored
	if err := json.Unmarshal([]byte(p.Must("client", "show", "kept", "--output", "json")), &s); err != nil || s.Revision == 0 {
		p.T.Fatal(s, err)
	}
	return s
}

// A pane that is closed, a tmux that is killed: the terminal goes away under the console.
func TestTerminalGoesAwayUnderTheConsole(t *testing.T) {
	for _, kill := range []string{"kill-pane", "kill-server"} {
		t.Run(kill, func(t *testing.T) {
			p := newSite(t)
			p.withOneClient()
			d := open(t, p.Env, p.Binary)
			d.On("kept").Press("e").See("Connection name", "kept").Type("x")
			if len(p.Processes()) == 0 {
				t.Fatal("the console does not run; nothing would be tested")
			}
			d.tmux(kill)
			p.WholeAndFree()
		})
	}
}

// The same under make run: neither make nor the console stays, nor the throw-away store.
func TestTerminalGoesAwayUnderMakeRun(t *testing.T) {
	p := newSite(t)
	d := p.makeRun()
	d.On("hr").Press("e").See("Connection name", "hr").Type("x")
	started := place.Below(d.pid)
	if len(started) == 0 {
		t.Fatal("below make nothing runs; nothing would be looked for")
	}
	d.tmux("kill-pane")
	p.Gone(started)
	p.nothingTemporary()
}

// withOneClient gives the place a store with one client, opened by a key file where it is
// looked for.
func (p *site) withOneClient() {
	p.T.Helper()
	p.WithStore()
	p.Must("client", "create", "kept", "--base-url", "http://127.0.0.1:1")
}

// nothingTemporary holds that no throw-away store was left behind.
func (p *site) nothingTemporary() {
	p.T.Helper()
	var left []os.DirEntry
	if !place.Poll(func() bool {
		var err error
		left, err = os.ReadDir(filepath.Join(p.Dir, "tmp"))
		return err == nil && len(left) == 0
	}) {
		p.T.Errorf("left among the temporary files: %v", left)
	}
}
