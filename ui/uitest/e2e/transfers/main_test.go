//go:build e2e

// Package transfers tries the commands that move data with the built binary, from processes
// and servers of their own: without a terminal, and mostly waiting for one another, so that
// they run side by side.
package transfers

import (
	"os"
	"testing"

	"ferry/ui/uitest/place"
)

func TestMain(m *testing.M) {
	if spec := os.Getenv(feedVariable); spec != "" {
		os.Exit(serveFeed(spec))
	}
	os.Exit(place.Main(m))
}
