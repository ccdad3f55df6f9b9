package serve

import (
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// pin binds this process to one core, where the system can, and returns how to undo it.
func pin(first, last int) func() {
	var was, set unix.CPUSet
	if unix.SchedGetaffinity(0, &was) != nil {
		return func() {}
	}
	set.Set(first)
	if last > 1 { // load may use what the server does not
		for i := first; i < last; i++ {
			set.Set(i)
		}
	}
	apply(&set)
	return func() { apply(&was) }
}

// apply binds every thread of this process; later ones inherit it.
func apply(set *unix.CPUSet) {
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return
	}
	for _, t := range tasks {
		if id, err := strconv.Atoi(t.Name()); err == nil {
			_ = unix.SchedSetaffinity(id, set) // a thread that ended meanwhile
		}
	}
}

// pinProcess binds another process, as long as it has one thread.
func pinProcess(pid, core int) {
	var set unix.CPUSet
	set.Set(core)
	_ = unix.SchedSetaffinity(pid, &set) // then it is measured on all of them
}
