//go:build !race

// Bulk work of one goroutine, which tells the race detector nothing; make test runs it.

package rows

import (
	"io"
	"runtime"
	"strings"
	"testing"

	"ferry/model"
)

// What is too long is gone over, and does not lie in memory.
func TestALongRecordIsAFaultOfItsRow(t *testing.T) {
	const size = 16 << 20
	for _, tc := range []struct {
		format              model.FileFormat
		before, unit, after string
	}{
		{model.NDJSON, "1\n\"", "x", "\"\n2\n"},
		{model.JSONArray, "[1,\"", "x", "\",2]"},
		{model.CSV, "a\n1\n\"", "x", "\"\n2\n"},
		{model.CSV, "a\n1\n\"", "\n", "\"\n2\n"},
		{model.CSV, "a\n1\n", ",", "\n2\n"},
	} {
		in := io.MultiReader(strings.NewReader(tc.before), &endless{tc.unit[0], size}, strings.NewReader(tc.after))
		r, err := New(in, Options{Format: tc.format, Name: "in", Max: 1 << 20})
		if err != nil {
			t.Fatal(err)
		}
		var was, is runtime.MemStats
		runtime.ReadMemStats(&was)
		out, err := all(r)
		runtime.ReadMemStats(&is)
		if err != nil || len(out) != 3 || out[1].Fault == "" || out[2].Fault != "" || out[0].Fault != "" {
			t.Errorf("%s: %v %d", tc.format, err, len(out))
		}
		if taken := is.TotalAlloc - was.TotalAlloc; taken > size/2 {
			t.Errorf("%s: %d MiB were taken", tc.format, taken>>20)
		}
	}
}

type endless struct {
	c byte
	n int
}

func (e *endless) Read(p []byte) (int, error) {
	if e.n == 0 {
		return 0, io.EOF
	}
	n := min(len(p), e.n)
	for i := range p[:n] {
		p[i] = e.c
	}
	e.n -= n
	return n, nil
}
