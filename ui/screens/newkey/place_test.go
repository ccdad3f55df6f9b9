package newkey_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/charmbracelet/x/vt"

	"ferry/model"
	"ferry/model/apiusers"
	"ferry/model/hub"
	"ferry/model/modeltest"
	"ferry/storage/storagetest"
	"ferry/ui"
	"ferry/ui/screen"
	"ferry/ui/uitest"
)

// place is a console on a store with one API user, and everything that could keep a key.
type place struct {
	t    *testing.T
	door *modeltest.Door
	hub  *hub.Hub
	user model.APIUser
	file string
	log  safeBuffer
	*uitest.Driver
}

// safeBuffer is a log that several goroutines write to.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// open starts the console on the page of the user partner.
func open(t *testing.T, w, h int, change func(*ui.Options)) *place {
	t.Helper()
	dir := storagetest.Dir(t)
	p := &place{t: t, file: filepath.Join(dir, "ferry.db")}
	store, _ := storagetest.NewAt(t, p.file, modeltest.FirstSpace)
	p.door = modeltest.NewDoor(store)
	var err error
	if p.hub, err = p.door.Open(context.Background(), model.Key{}); err != nil {
		t.Fatal(err)
	}
	d := apiusers.Draft{Username: "partner", OAuth: true, TTL: 5 * time.Minute, Permissions: []string{"clients:view"}}
	if p.user, err = p.hub.Users.Create(p.ctx(), p.hub.Space, d, ""); err != nil {
		t.Fatal(err)
	}
	o := ui.Options{
		Door: p.door, Route: screen.APIUser{ID: p.user.ID},
		Log: slog.New(slog.NewTextHandler(&p.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	if change != nil {
		change(&o)
	}
	p.Driver = uitest.Start(t, p.door.Clock, o, w, h)
	p.See("KEYS").See("none yet")
	return p
}

func (p *place) ctx() context.Context { return p.hub.Context(context.Background()) }

// generate makes a key with a label and waits for its window.
func (p *place) generate(label string) *place {
	p.t.Helper()
	p.Press("a").See("Generate API token").Type(label).Press("tab", "tab").See("▸ Generate").Press("enter").See("It cannot be recovered.")
	return p
}

// key is the key on the screen: the lines that hold nothing else, joined.
func (p *place) key() string {
	p.t.Helper()
	var key string
	for line := range strings.Lines(p.Screen()) {
		line = strings.TrimSuffix(line, "\n")
		if strings.HasPrefix(line, "ferry_k") || key != "" && line != "" && !strings.HasPrefix(line, " ") {
			key += line
		} else if key != "" {
			break
		}
	}
	if !strings.HasPrefix(key, "ferry_k") || len(key) != 82 {
		p.t.Fatalf("no key on the screen, but %q:\n%s", key, p.Screen())
	}
	return key
}

// secret is the part of a key that nobody may know: not its id, which is listed.
func secret(key string) string { return key[len("ferry_k")+26:] }

// absent looks for any part of a secret.
func (p *place) absent(where, text, secret string) {
	p.t.Helper()
	for i := 0; i+12 <= len(secret); i += 6 {
		if strings.Contains(text, secret[i:i+12]) {
			p.t.Errorf("the key is in %s", where)
			return
		}
	}
}

// everywhere looks at all that is left when the console has ended.
func (p *place) everywhere(key string, w, h int) {
	p.t.Helper()
	p.absent("the log", p.log.String(), secret(key))
	if p.log.String() == "" {
		p.t.Error("nothing was logged, so nothing was looked for")
	}
	file, err := os.ReadFile(p.file)
	if err != nil || len(file) == 0 {
		p.t.Fatal(err)
	}
	p.absent("the store", string(file), secret(key))
	entries, _, err := p.hub.Audit.List(p.ctx(), p.hub.Space, "", 100)
	if err != nil || len(entries) == 0 {
		p.t.Fatal(err, len(entries))
	}
	for _, e := range entries {
		p.absent("the audit log", strings.Join(append([]string{e.Action, e.Name, string(e.Target)}, changes(e)...), " "), secret(key))
	}
	em := vt.NewEmulator(w, h)
	go func() { _, _ = io.Copy(io.Discard, em) }()
	_, _ = em.WriteString("\x1b[20h" + p.Sent())
	if em.IsAltScreen() {
		p.t.Error("the console left the terminal on the alternate screen")
	}
	p.absent("the terminal afterwards", em.Render(), secret(key))
	for i := range em.ScrollbackLen() {
		var line strings.Builder
		for x := range w {
			if c := em.ScrollbackCellAt(x, i); c != nil {
				line.WriteString(c.Content)
			}
		}
		p.absent("the scrollback", line.String(), secret(key))
	}
	if c, ok := em.InputPipe().(io.Closer); ok {
		_ = c.Close()
	}
}

func changes(e model.AuditEntry) (out []string) {
	for _, c := range e.Changes {
		out = append(out, c.Field, c.From, c.To)
	}
	return out
}
