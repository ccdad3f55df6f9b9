//go:build e2e

package e2e

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"ferry/ui/uitest/place"
)

// sshServer is a real sshd on loopback with keys and settings of its own; the account
// that runs the tests logs in to it.
type sshServer struct {
	t    *testing.T
	dir  string
	port int
	user string
	pid  int
}

// lockedBuffer collects what sshd says while it runs.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

func startSSHD(t *testing.T) *sshServer {
	t.Helper()
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	s := &sshServer{t: t, dir: t.TempDir(), user: me.Username}
	for _, name := range []string{"host", "me"} {
		out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", s.path(name)).CombinedOutput()
		if err != nil {
			t.Fatalf("ssh-keygen: %v\n%s", err, out)
		}
	}
	if os.Getuid() == 0 {
		// As root sshd gives its privileges up into this directory.
		if err := os.MkdirAll("/run/sshd", 0o755); err != nil {
			t.Fatal(err)
		}
	}
	// Between finding a free port and taking it somebody else may take it: try again.
	var said string
	for range 5 {
		var ok bool
		if said, ok = s.listen(); ok {
			s.trust()
			return s
		}
	}
	t.Fatalf("sshd did not start:\n%s", said)
	return nil
}

func (s *sshServer) path(name string) string { return filepath.Join(s.dir, name) }

func (s *sshServer) listen() (said string, ok bool) {
	s.t.Helper()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		s.t.Fatal(err)
	}
	s.port = free.Addr().(*net.TCPAddr).Port
	free.Close()
	config := fmt.Sprintf(`ListenAddress 127.0.0.1
Port %d
HostKey %s
AuthorizedKeysFile %s
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin yes
PrintMotd no
LogLevel VERBOSE
`, s.port, s.path("host"), s.path("me.pub"))
	if err := os.WriteFile(s.path("config"), []byte(config), 0o600); err != nil {
		s.t.Fatal(err)
	}
	// sshd starts itself again for each connection and wants its own full path.
	sshd := exec.Command(findSSHD(s.t), "-D", "-e", "-f", s.path("config"))
	log := &lockedBuffer{}
	sshd.Stderr = log
	if err := sshd.Start(); err != nil {
		s.t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { _ = sshd.Wait(); close(ended) }()
	up := place.Poll(func() bool {
		select {
		case <-ended:
			return true
		default:
			return greets(s.port)
		}
	}) && greets(s.port)
	stop := func() {
		_ = sshd.Process.Kill()
		<-ended
	}
	if !up {
		stop()
		return log.String(), false
	}
	s.pid = sshd.Process.Pid
	s.t.Cleanup(func() {
		sessions := place.Below(s.pid) // before their parent is gone
		stop()
		for _, proc := range sessions {
			_ = syscall.Kill(proc.PID, syscall.SIGKILL)
		}
		if s.t.Failed() {
			s.t.Logf("sshd said:\n%s", log.String())
		}
	})
	return "", true
}

func findSSHD(t *testing.T) string {
	t.Helper()
	if path, err := exec.LookPath("sshd"); err == nil {
		return path
	}
	for _, path := range []string{"/usr/sbin/sshd", "/usr/local/sbin/sshd", "/sbin/sshd"} {
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	t.Fatal("there is no sshd; make e2e installs it")
	return ""
}

func greets(port int) bool {
	conn, err := net.DialTimeout("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), time.Second)
	if err != nil {
		return false
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(2 * time.Second))
	line, err := bufio.NewReader(conn).ReadString('\n')
	return err == nil && strings.HasPrefix(line, "SSH-2.0")
}

// trust writes the host's key where the client of these tests looks for it.
func (s *sshServer) trust() {
	s.t.Helper()
	key, err := os.ReadFile(s.path("host.pub"))
	if err != nil {
		s.t.Fatal(err)
	}
	line := fmt.Sprintf("[127.0.0.1]:%d %s", s.port, key)
	if err := os.WriteFile(s.path("known_hosts"), []byte(line), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// connection is one ssh client with a terminal, in a tmux pane.
type connection struct {
	*terminal
	server *sshServer
}

// connect runs ferry on the far side with a terminal, as `ssh -tt host ferry …` does,
// with the far side's environment set to p's.
func (s *sshServer) connect(p *site, args ...string) *connection {
	s.t.Helper()
	remote := []string{"exec", "env"}
	for _, set := range p.Env {
		if !strings.HasPrefix(set, "TERM=") { // ssh hands the terminal's own on
			remote = append(remote, shellQuote(set))
		}
	}
	for _, word := range append([]string{p.Binary}, args...) {
		remote = append(remote, shellQuote(word))
	}
	term := open(s.t, p.Env, "ssh", "-tt", "-F", "none", "-e", "none", "-p", strconv.Itoa(s.port), "-l", s.user,
		"-i", s.path("me"), "-o", "IdentitiesOnly=yes", "-o", "IdentityAgent=none", "-o", "BatchMode=yes",
		"-o", "UserKnownHostsFile="+s.path("known_hosts"), "-o", "StrictHostKeyChecking=yes", "-o", "LogLevel=ERROR",
		"127.0.0.1", strings.Join(remote, " "))
	return &connection{terminal: term, server: s}
}

func shellQuote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// CutClient ends the near side at once, as a laptop's lid does.
func (c *connection) CutClient() {
	c.t.Helper()
	if err := syscall.Kill(c.pid, syscall.SIGKILL); err != nil {
		c.t.Fatal(err)
	}
	c.Ended()
}

// CutServer ends the far side's half of the connection at once, so that ferry loses its
// terminal without a word from anybody.
func (c *connection) CutServer() {
	c.t.Helper()
	cut := 0
	for _, proc := range place.Below(c.server.pid) {
		if strings.HasPrefix(proc.Args, "sshd") {
			cut++
			if err := syscall.Kill(proc.PID, syscall.SIGKILL); err != nil && err != syscall.ESRCH {
				c.t.Fatal(err)
			}
		}
	}
	if cut == 0 {
		c.t.Fatalf("there is no connection to cut; below sshd run %+v", place.Below(c.server.pid))
	}
	c.Ended()
}
