package syncing_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/adhocore/gronx"
	"pgregory.net/rapid"

	"ferry/auth/transfer/syncing"
	"ferry/model"
)

func TestNextRun(t *testing.T) {
	after := time.Date(2026, 11, 21, 10, 15, 30, 500, time.FixedZone("CET", 3600))
	for schedule, want := range map[string]string{
		"every 30s": "2026-11-21T09:16:00Z", " every 1h30m ": "2026-11-21T10:45:30Z", "every 8784h": "2027-11-22T09:15:30Z", "Every 1s": "2026-11-21T09:15:31Z",
		"*/5 * * * *": "2026-11-21T09:20:00Z", "0 3 * * *": "2026-11-22T03:00:00Z", "15 9 * * *": "2026-11-22T09:15:00Z", "16 9 * * *": "2026-11-21T09:16:00Z",
		"0 0 29 2 *": "2028-02-29T00:00:00Z", "0 0 29 2 */7": "2032-02-29T00:00:00Z", "0 12 1 1 *": "2027-01-01T12:00:00Z", "0 8-10/2,20 * * MON-fri": "2026-11-23T08:00:00Z",
		"0 0 13 * fri": "2026-11-27T00:00:00Z", "0 0 * * 7": "2026-11-22T00:00:00Z", "5/20 * * * *": "2026-11-21T09:25:00Z", "0 0 31 * *": "2026-12-31T00:00:00Z",
		"59 23 31 12 *": "2026-12-31T23:59:00Z", "0 0 1 jan,JUL 0": "2027-01-01T00:00:00Z",
	} {
		got, err := syncing.NextRun(schedule, after)
		if err != nil || got.UTC().Truncate(time.Second).Format(time.RFC3339) != want {
			t.Errorf("%s: %s, %v; want %s", schedule, got, err, want)
		}
	}
	for _, schedule := range []string{
		"", "every", "every 30", "every 999ms", "every 8785h", "every -5s", "every 1d", "* * * *", "* * * * * *", "@daily", "@every 5s", "60 * * * *", "* 24 * * *", "* * 0 * *",
		"* * 32 * *", "* * * 13 *", "* * * * 8", "*/0 * * * *", "5-1 * * * *", "a * * * *", "* * L * *", "* * * * 5#2", "? * * * *", "+1 * * * *", "-1 * * * *", "1,,2 * * * *", "1- * * * *",
		"*/60 * * * *", "* * * foo *", "0 0 30 2 *", "0 0 31 4,6 *", "001 * * * *", "*5 * * * *", "1/ * * * *", "1/2/3 * * * *", "\x1b * * * *",
	} {
		got, err := syncing.NextRun(schedule, after)
		if e := model.AsError(err); err == nil || e.Code != model.EInvalid || e.Field != "schedule" || e.Next == "" || strings.Contains(e.Message, "\x1b") {
			t.Errorf("%s: %s, %v", schedule, got, err)
		}
	}
}

// An independent reading of cron agrees.
func TestNextRunAgrees(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		field := func(low, high int) string {
			n := func() int { return rapid.IntRange(low, high).Draw(t, "n") }
			switch rapid.IntRange(0, 4).Draw(t, "form") {
			case 0:
				return "*"
			case 1:
				return fmt.Sprint(n())
			case 2:
				a, b := n(), n()
				return fmt.Sprintf("%d-%d", min(a, b), max(a, b))
			case 3:
				return fmt.Sprintf("%d,%d", n(), n())
			}
			return fmt.Sprintf("*/%d", rapid.IntRange(1, high).Draw(t, "step"))
		}
		schedule := strings.Join([]string{field(0, 59), field(0, 23), field(1, 28), field(1, 12), field(0, 6)}, " ")
		after := time.Unix(rapid.Int64Range(1.7e9, 2e9).Draw(t, "after"), 0).UTC()
		want, err1 := gronx.NextTickAfter(schedule, after, false)
		got, err2 := syncing.NextRun(schedule, after)
		if err1 != nil || err2 != nil || !got.Equal(want) {
			t.Fatalf("%s after %s: %s, %v; want %s, %v", schedule, after, got, err2, want, err1)
		}
	})
}
