package place

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// Process is one of the machine.
type Process struct {
	PID, Parent int
	Args        string
}

// allProcesses reads /proc, or asks ps where there is none. A process that ends
// meanwhile is left out.
func allProcesses() []Process {
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil || len(stats) == 0 {
		return psProcesses()
	}
	var out []Process
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
		out = append(out, Process{pid, parent, strings.ReplaceAll(string(args), "\x00", " ")})
	}
	return out
}

func psProcesses() []Process {
	text, err := exec.Command("ps", "-A", "-o", "pid=,ppid=,args=").Output()
	if err != nil {
		return nil
	}
	var out []Process
	for _, line := range strings.Split(string(text), "\n") {
		fields := strings.Fields(line)
		if len(fields) < 3 {
			continue
		}
		pid, _ := strconv.Atoi(fields[0])
		parent, _ := strconv.Atoi(fields[1])
		out = append(out, Process{pid, parent, strings.Join(fields[2:], " ")})
	}
	return out
}

// Processes returns those that run this place's own binary.
func (p *Place) Processes() []Process {
	var out []Process
	for _, proc := range allProcesses() {
		if strings.HasPrefix(proc.Args, p.Binary+" ") || proc.Args == p.Binary {
			out = append(out, proc)
		}
	}
	return out
}

// Below returns the processes that descend from pid, without itself.
func Below(pid int) []Process {
	all := allProcesses()
	mine := map[int]bool{pid: true}
	var out []Process
	for grew := true; grew; {
		grew = false
		for _, proc := range all {
			if mine[proc.Parent] && !mine[proc.PID] {
				mine[proc.PID], grew = true, true
				out = append(out, proc)
			}
		}
	}
	return out
}

// NoProcessLeft waits until no process of this place's binary runs any more.
func (p *Place) NoProcessLeft() {
	p.T.Helper()
	if !Poll(func() bool { return len(p.Processes()) == 0 }) {
		p.T.Errorf("after %v these still run: %+v", Patience, p.Processes())
	}
}

// WholeAndFree holds that nothing was left half done: no process, no lock held (a list
// answers at once), and every record reads back.
func (p *Place) WholeAndFree() {
	p.T.Helper()
	p.NoProcessLeft()
	p.Must("client", "list")
	if report := p.Must("store", "check", "--output", "json"); !strings.Contains(report, `"problems":[]`) {
		p.T.Errorf("store check: %s", report)
	}
}

// Gone waits until none of these processes runs any more.
func (p *Place) Gone(procs []Process) {
	p.T.Helper()
	if !Poll(func() bool {
		for _, proc := range procs {
			if syscall.Kill(proc.PID, 0) == nil {
				return false
			}
		}
		return true
	}) {
		p.T.Errorf("after %v some of these still run: %+v", Patience, procs)
	}
}
