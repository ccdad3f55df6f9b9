//go:build linux

package ui_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"

	"ferry/model"
	"ferry/model/hub"
	"ferry/model/modeltest"
	"ferry/storage/storagetest"
	"ferry/ui"
)

// helperEnv says which console TestHelperProcess shall be, in a process of its own.
const helperEnv = "FERRY_UI_TEST_CONSOLE"

// TestHelperProcess is the console under test when the other tests here start this test
// binary again; by itself it checks nothing and does nothing.
func TestHelperProcess(t *testing.T) {
	kind := os.Getenv(helperEnv)
	if kind == "" {
		return
	}
	store, _ := storagetest.NewWithSpace(t)
	door := modeltest.NewDoor(store)
	var d hub.Door = door
	switch kind {
	case "panic in a command":
		d = panickingDoor{door, true}
	case "panic in Update":
		d = panickingDoor{door, false}
	}
	err := ui.Run(context.Background(), ui.Options{Door: d, Restricted: kind == "restricted"})
	if err != nil {
		fmt.Fprintln(os.Stderr, "ferry: "+err.Error())
	}
	os.Exit(model.ExitCode(err))
}

// panickingDoor panics where a fault in ferry would.
type panickingDoor struct {
	*modeltest.Door
	inCommand bool
}

func (d panickingDoor) Open(ctx context.Context, key model.Key) (*hub.Hub, error) {
	if d.inCommand {
		panic("canary of a panic")
	}
	h, err := d.Door.Open(ctx, key)
	h.Now = func() time.Time { panic("canary of a panic") }
	if err == nil {
		_, err = h.Clients.Create(h.Context(ctx), h.Space, modeltest.OAuth("hr", "https://hr.example.com"), "")
	}
	return h, err
}

// process is a console in a process of its own, on a pty.
type process struct {
	t      *testing.T
	cmd    *exec.Cmd
	master *os.File
	before *unix.Termios

	mu  sync.Mutex
	out bytes.Buffer
	end chan struct{}
}

func startProcess(t *testing.T, kind string) *process {
	t.Helper()
	opened, tty, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	if err := pty.Setsize(opened, &pty.Winsize{Rows: 24, Cols: 80}); err != nil {
		t.Fatal(err)
	}
	master := pollable(t, opened)
	p := &process{t: t, master: master, end: make(chan struct{})}
	p.before = p.termios()
	p.cmd = exec.Command(os.Args[0], "-test.run=^TestHelperProcess$")
	p.cmd.Env = append(os.Environ(), helperEnv+"="+kind, "TERM=xterm-256color", "LANG=C.UTF-8")
	p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = tty, tty, tty
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = tty.Close()
	go p.read()
	go func() {
		_ = p.cmd.Wait() // its exit code is what counts
		close(p.end)
	}()
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill()
		_ = master.Close()
	})
	return p
}

// pollable returns f anew, closed, as a file whose Close ends a read that waits. Package
// pty asks f for its Fd, and from then on a close takes effect only when the read returns:
// never, when the console has nothing more to say.
func pollable(t *testing.T, f *os.File) *os.File {
	t.Helper()
	fd, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err == nil {
		err = unix.SetNonblock(fd, true)
	}
	if err != nil {
		t.Fatal(err)
	}
	_ = f.Close()
	return os.NewFile(uintptr(fd), f.Name())
}

// termios does not ask the master for its Fd, for the same reason.
func (p *process) termios() *unix.Termios {
	p.t.Helper()
	raw, err := p.master.SyscallConn()
	if err != nil {
		p.t.Fatal(err)
	}
	var s *unix.Termios
	if outer := raw.Control(func(fd uintptr) { s, err = unix.IoctlGetTermios(int(fd), unix.TCGETS) }); outer != nil || err != nil {
		p.t.Fatal(outer, err)
	}
	return s
}

func (p *process) read() {
	buf := make([]byte, 4096)
	for {
		n, err := p.master.Read(buf)
		p.mu.Lock()
		p.out.Write(buf[:n])
		p.mu.Unlock()
		if err != nil {
			return
		}
	}
}

func (p *process) output() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.out.String()
}

func (p *process) see(text string) {
	p.t.Helper()
	for end := time.Now().Add(20 * time.Second); !strings.Contains(p.output(), text); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			p.t.Fatalf("%q is not in %q", text, p.output())
		}
	}
}

// code waits for the end and returns the exit code.
func (p *process) code() int {
	p.t.Helper()
	select {
	case <-p.end: // closed when the process was waited for
		return p.cmd.ProcessState.ExitCode()
	case <-time.After(20 * time.Second):
		p.t.Fatalf("the process goes on; it wrote %q", p.output())
		return 0
	}
}

// restored checks that the terminal is as it was: its modes, its screen, its cursor.
func (p *process) restored() {
	p.t.Helper()
	if strings.Contains(p.output(), "\x1b[?1049h") { // an early end comes before the first frame
		p.see("\x1b[?1049l")
		p.see("\x1b[?25h")
	}
	if after := p.termios(); after.Lflag != p.before.Lflag || after.Iflag != p.before.Iflag || after.Oflag != p.before.Oflag {
		p.t.Errorf("the terminal's modes are %+v, were %+v", after, p.before)
	}
}

func TestTerminalIsRestoredAfterASignal(t *testing.T) {
	for _, s := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP, syscall.SIGQUIT} {
		t.Run(s.String(), func(t *testing.T) {
			p := startProcess(t, "plain")
			p.see("No API clients yet")
			if err := p.cmd.Process.Signal(s); err != nil {
				t.Fatal(err)
			}
			if code := p.code(); code != 130 {
				t.Errorf("exit code %d", code)
			}
			p.restored()
		})
	}
}

func TestTerminalIsRestoredAfterAPanic(t *testing.T) {
	for _, kind := range []string{"panic in a command", "panic in Update"} {
		t.Run(kind, func(t *testing.T) {
			p := startProcess(t, kind)
			if code := p.code(); code != 1 {
				t.Errorf("exit code %d", code)
			}
			p.restored()
			p.see("ended on a fault of its own")
			if strings.Contains(p.output(), "goroutine ") || strings.Contains(p.output(), "canary") {
				t.Errorf("a stack trace on the terminal: %q", p.output())
			}
		})
	}
}

func TestTerminalIsRestoredAfterQuitting(t *testing.T) {
	p := startProcess(t, "plain")
	p.see("No API clients yet")
	p.typed(":q\r")
	if code := p.code(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	p.restored()
}

// CASES, Terminal: the SSH connection drops → no process left.
func TestNoProcessIsLeftWhenTheTerminalGoesAway(t *testing.T) {
	p := startProcess(t, "plain")
	p.see("No API clients yet")
	_ = p.master.Close()
	if code := p.code(); code != 130 {
		t.Errorf("exit code %d", code)
	}
}

// CASES, Terminal: ctrl-z without job control → no hang. The console leads its session
// here, as under ssh -tt host ferry.
func TestCtrlZAsSessionLeaderSaysThatThereIsNoShell(t *testing.T) {
	p := startProcess(t, "plain")
	p.see("No API clients yet")
	p.typed("\x1a")
	p.see("no shell to return to")
	p.typed(":q\r")
	if code := p.code(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

func (p *process) typed(text string) {
	p.t.Helper()
	if _, err := io.WriteString(p.master, text); err != nil {
		p.t.Fatal(err)
	}
}
