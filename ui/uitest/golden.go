package uitest

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"time"
)

var update = flag.Bool("update", false, "write goldens anew; read them before they are committed")

// Golden compares the screen with testdata/NAME.txt, or writes it with -update.
func (d *Driver) Golden(name string) *Driver {
	d.t.Helper()
	path := filepath.Join("testdata", name+".txt")
	if *update {
		d.settle()
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			d.t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(d.Screen()+"\n"), 0o644); err != nil {
			d.t.Fatal(err)
		}
		return d
	}
	text, err := os.ReadFile(path)
	if err != nil {
		d.t.Fatalf("%v; write it with -update", err)
	}
	want := strings.TrimSuffix(string(text), "\n")
	return d.Until("the golden "+name+":\n"+want+"\n", func(s string) bool { return s == want })
}

// settle waits until nothing has been written for a while, for the frame that is
// written as a golden to be the last one.
func (d *Driver) settle() {
	for {
		d.mu.Lock()
		changed := d.changed
		d.mu.Unlock()
		select {
		case <-changed:
		case <-time.After(200 * time.Millisecond):
			return
		}
	}
}
