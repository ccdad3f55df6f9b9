//go:build e2e

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

type process struct {
	pid, parent int
	args        string
}

// allProcesses reads /proc, or asks ps where there is none. A process that ends
// meanwhile is left out.
func allProcesses() []process {
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil || len(stats) == 0 {
		return psProcesses()
	}
	var out []process
	for _, path := range stats {
		stat, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		// pid (name) state parent …, where the name may hold anything.
		_, after, _ := strings.Cut(string(stat[max(0, strings.LastIndex(string(stat), ")")):]), ")")
		fields := strings.Fields(after)
		if len(fields) < 2 || fields[0] == "Z" {
			continue
		}
		args, err := os.ReadFile(filepath.Join(filepath.Dir(path), "cmdline"))
		if err != nil {
			continue
		}
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		parent, _ := strconv.Atoi(fields[1])
		out = append(out, process{pid, parent, strings.ReplaceAll(string(args), "\x00", " ")})
	}
	return out
}

func psProcesses() []process {
	text, err := exec.Command("ps", "-A", "-o", "pid=,ppid=,args=").Output()
	if err != nil {
		return nil
	}
	var out []process
	for _, line := range strings.Split(string(text), "\n") {
		fields := strings.Fields(line)
		if len(fields) < 3 {
			continue
		}
		pid, _ := strconv.Atoi(fields[0])
		parent, _ := strconv.Atoi(fields[1])
		out = append(out, process{pid, parent, strings.Join(fields[2:], " ")})
	}
	return out
}

// processes returns those that run this place's own binary.
func (p *place) processes() []process {
	var out []process
	for _, proc := range allProcesses() {
		if strings.HasPrefix(proc.args, p.binary+" ") || proc.args == p.binary {
			out = append(out, proc)
		}
	}
	return out
}

// below returns the processes that descend from pid, without itself.
func below(pid int) []process {
	all := allProcesses()
	mine := map[int]bool{pid: true}
	var out []process
	for grew := true; grew; {
		grew = false
		for _, proc := range all {
			if mine[proc.parent] && !mine[proc.pid] {
				mine[proc.pid], grew = true, true
				out = append(out, proc)
			}
		}
	}
	return out
}

// noProcessLeft waits until no process of this place's binary runs any more.
func (p *place) noProcessLeft() {
	p.t.Helper()
	if !poll(func() bool { return len(p.processes()) == 0 }) {
		p.t.Errorf("after %v these still run: %+v", patience, p.processes())
	}
}

// wholeAndFree holds that nothing was left half done: no process, no lock held (a list
// answers at once), and every record reads back.
func (p *place) wholeAndFree() {
	p.t.Helper()
	p.noProcessLeft()
	p.must("client", "list")
	if report := p.must("store", "check", "--output", "json"); !strings.Contains(report, `"problems":[]`) {
		p.t.Errorf("store check: %s", report)
	}
}

// gone waits until none of these processes runs any more.
func (p *place) gone(procs []process) {
	p.t.Helper()
	if !poll(func() bool {
		for _, proc := range procs {
			if syscall.Kill(proc.pid, 0) == nil {
				return false
			}
		}
		return true
	}) {
		p.t.Errorf("after %v some of these still run: %+v", patience, procs)
	}
}
