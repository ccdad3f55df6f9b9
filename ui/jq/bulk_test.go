//go:build !race

// Bulk work of one goroutine, which tells the race detector nothing; make test runs it.

package jq

import (
	"strings"
	"testing"

	"ferry/model"
)

func TestWhatIsWrongIsSaid(t *testing.T) {
	for _, tc := range []struct {
		expr, body, want string
		code             model.Code
	}{
		{".[", "[]", "does not parse", model.EInvalid},
		{".x", "[]", "does not fit", model.EInvalid},
		{"nope", "[]", "cannot be used", model.EInvalid},
		{".", "<html>", "not JSON", model.EUpstream},
		{".", "[] []", "not JSON", model.EUpstream},
		{"range(1e9)", "[]", "more than 1000000 results", model.EInvalid},
	} {
		_, err := run(t.Context(), tc.expr, tc.body)
		if model.CodeOf(err) != tc.code || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s on %s: %v, want %q", tc.expr, tc.body, err, tc.want)
		}
	}
}
