package syncing

import (
	"strings"
	"time"

	"ferry/model"
)

// Bounds of "every …".
const (
	minEvery = time.Second
	maxEvery = 366 * 24 * time.Hour
)

// NextRun implements model.Mover. A schedule is "every" and a Go duration of 1s to 366
// days ("every 30s", "every 1h30m"), counted from after, or five fields of cron, in UTC.
func NextRun(schedule string, after time.Time) (time.Time, error) {
	words := strings.Fields(schedule)
	if len(words) > 0 && strings.EqualFold(words[0], "every") {
		return nextEvery(strings.Join(words[1:], ""), after)
	}
	c, err := parseCron(words)
	if err != nil {
		return time.Time{}, err
	}
	next, ok := c.next(after.UTC())
	if !ok {
		return time.Time{}, badSchedule("there is no such day in any month")
	}
	return next, nil
}

func nextEvery(text string, after time.Time) (time.Time, error) {
	d, err := time.ParseDuration(text)
	switch {
	case err != nil:
		return time.Time{}, badSchedule("%q is no duration", text)
	case d < minEvery || d > maxEvery:
		return time.Time{}, badSchedule("a sync runs every second at most, and once in 366 days at least")
	}
	return after.Add(d), nil
}

func badSchedule(format string, args ...any) error {
	return model.Errorf(model.EInvalid, format, args...).WithField("schedule").
		WithNext("write 'every 30s', 'every 2h', or five fields of cron in UTC: minute hour day month weekday, such as '*/5 * * * *'")
}
