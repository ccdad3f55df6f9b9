//go:build e2e

package gateway

import (
	"testing"

	"pgregory.net/rapid"
)

// TestCanaryTenThousand: issue 6, "over 10,000 randomised requests".
func TestCanaryTenThousand(t *testing.T) {
	canary(t, 100, func(t *testing.T, f func(*rapid.T)) { rapid.Check(t, f) })
}
