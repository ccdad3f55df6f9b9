package call

import (
	"context"
	"os"
	"regexp"
	"runtime/debug"
	"slices"
	"strconv"
	"testing"
	"time"

	"ferry/model/hub"
	"ferry/ui/screen"
	"ferry/ui/screens/screentest"
	"ferry/ui/theme"
)

// shown is the screen of a terminal of 80×24 with the answer of a body of 5 MB.
func shown(b *testing.B) *Call {
	b.Helper()
	s := New(screen.Env{Ctx: context.Background(), Hub: &hub.Hub{Now: time.Now}, Styles: theme.New(true)}, screen.Call{}).(*Call)
	body := large()
	s.answer, s.reading = prepare(s.env.Styles, screentest.JSON(200, body)), true
	s.SetSize(80, 19)
	return s
}

// report prints the median and the slowest in milliseconds. The slowest of a shared
// machine is often another process.
func report(b *testing.B, what string, took []time.Duration) {
	b.Helper()
	slices.Sort(took)
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	b.ReportMetric(ms(took[len(took)/2]), "ms-"+what)
	b.ReportMetric(ms(took[len(took)-1]), "ms-"+what+"-slowest")
}

// BenchmarkKeyOnALargeBody is what a key and the frame after it cost. A person notices
// more than 16 ms.
func BenchmarkKeyOnALargeBody(b *testing.B) {
	for _, name := range []string{"j", "k", "ctrl+d", "ctrl+u", "G", "g", "w", "#"} {
		b.Run(name, func(b *testing.B) {
			s, k := shown(b), screentest.Key(name)
			s.Update(screentest.Key("G"))
			if name == "j" || name == "ctrl+d" {
				s.Update(screentest.Key("g"))
			}
			var took []time.Duration
			for b.Loop() {
				began := time.Now()
				s.Update(k)
				_ = s.View()
				took = append(took, time.Since(began))
			}
			report(b, "key", took)
		})
	}
}

// BenchmarkSearchOfALargeBody is the same for each letter of a search: one that is in
// every line, in many, and in none.
func BenchmarkSearchOfALargeBody(b *testing.B) {
	for _, query := range []string{"sku", "e\"o", "a-00777", "~~"} {
		b.Run(query, func(b *testing.B) {
			s := shown(b)
			took := make([][]time.Duration, len(query))
			for b.Loop() {
				s.Update(screentest.Key("/"))
				for i, letter := range query {
					began := time.Now()
					s.Update(screentest.Key(string(letter)))
					_ = s.View()
					took[i] = append(took[i], time.Since(began))
				}
				s.Update(screentest.Key("esc"))
			}
			for i := range took {
				report(b, "letter-"+strconv.Itoa(i+1), took[i])
			}
		})
	}
}

// BenchmarkPreparingALargeBody is what its command costs before anything shows.
func BenchmarkPreparingALargeBody(b *testing.B) {
	styles, resp := theme.New(true), screentest.JSON(200, large())
	b.ReportAllocs()
	for b.Loop() {
		prepare(styles, resp)
	}
}

var resident = regexp.MustCompile(`(?m)^VmRSS:\s+(\d+) kB$`)

// BenchmarkMemoryOfALargeBody prints what the process holds with the screen open and
// searched, where the system says so.
func BenchmarkMemoryOfALargeBody(b *testing.B) {
	s := shown(b)
	for b.Loop() {
		for _, name := range []string{"G", "/", "e", "enter", "n"} {
			s.Update(screentest.Key(name))
			_ = s.View()
		}
		s.Update(screentest.Key("esc"))
	}
	debug.FreeOSMemory()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return // not a Linux
	}
	if m := resident.FindSubmatch(status); m != nil {
		kb, _ := strconv.Atoi(string(m[1]))
		b.ReportMetric(float64(kb)/1024, "MiB-RSS")
	}
	_ = s.View() // the screen is open until here
}
