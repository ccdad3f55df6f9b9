package syncing

import (
	"time"

	"github.com/adhocore/gronx"
)

// NextRun implements model.Mover.
func NextRun(schedule string, after time.Time) (time.Time, error) {
	return gronx.NextTickAfter(schedule, after, false)
}
