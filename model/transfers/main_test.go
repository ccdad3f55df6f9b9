package transfers_test

import (
	"log/slog"
	"testing"

	"go.uber.org/goleak"
)

// A run leaves no goroutine behind, however it ends.
func TestMain(m *testing.M) {
	slog.SetDefault(slog.New(slog.DiscardHandler))
	goleak.VerifyTestMain(m)
}
