package widget

import (
	"math"
	"testing"
)

func TestSparkline(t *testing.T) {
	for name, tc := range map[string]struct {
		values []int
		width  int
		want   string
	}{
		"nothing":               {[]int{0, 0, 0}, 10, "▁▁▁"},
		"no values":             {nil, 10, ""},
		"no room":               {[]int{1, 2}, 0, ""},
		"negative width":        {[]int{1, 2}, -3, ""},
		"the newest":            {[]int{9, 0, 1, 0}, 3, "▁█▁"},
		"little is not nothing": {[]int{1, 1000}, 5, "▂█"},
		"a slope":               {[]int{0, 1, 2, 3, 4, 5, 6}, 7, "▁▃▄▅▆▇█"},
		"negative, huge":        {[]int{-5, math.MaxInt / 8}, 5, "▁█"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := Sparkline(tc.values, tc.width); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}
