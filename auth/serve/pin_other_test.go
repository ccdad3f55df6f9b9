//go:build !linux

package serve

// pin does nothing here: there is no way to bind a process to a core.
func pin(int, int) func() { return func() {} }

func pinProcess(_, _ int) {}
