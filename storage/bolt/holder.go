package bolt

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"ferry/model"
)

// holder names the process that holds the store's lock, or its gate, as far as the
// operating system tells. It is asked only once the wait has failed.
func (l *locks) holder() string {
	table, err := os.ReadFile("/proc/locks")
	if err != nil {
		return "another process"
	}
	for _, name := range []string{"lock", "gate"} {
		var st unix.Stat_t
		if unix.Stat(filepath.Join(l.dir, name), &st) != nil {
			continue
		}
		if pid := flockHolder(string(table), st.Ino); pid > 0 {
			return describe(pid)
		}
	}
	return "another process"
}

// flockHolder finds the process that holds a flock on an inode in the text of
// /proc/locks (proc_locks(5)), 0 when there is none. A line with -> only waits.
func flockHolder(table string, inode uint64) int {
	for line := range strings.Lines(table) {
		f := strings.Fields(line)
		if len(f) < 6 || f[1] != "FLOCK" {
			continue
		}
		at := strings.Split(f[5], ":")
		if at[len(at)-1] != strconv.FormatUint(inode, 10) {
			continue
		}
		if pid, err := strconv.Atoi(f[4]); err == nil && pid > 0 {
			return pid
		}
	}
	return 0
}

func describe(pid int) string {
	if pid == os.Getpid() {
		return "this very process"
	}
	comm, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
	if err != nil {
		return fmt.Sprintf("process %d", pid)
	}
	return fmt.Sprintf("process %d (%s)", pid, model.Printable(strings.TrimSpace(string(comm))))
}
