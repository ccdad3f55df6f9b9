package syncing

import (
	"math/bits"
	"strconv"
	"strings"
	"time"

	"ferry/model"
)

// cron is the five fields, each a set of numbers as bits.
type cron struct {
	minutes, hours, days, months, weekdays uint64
	// either is set when both the day of the month and that of the week are named: then one
	// of them is enough, as cron has always had it.
	either bool
}

// cronField is what one field may hold.
type cronField struct {
	name      string
	low, high int
	words     []string // names, from low on
}

var cronFields = []cronField{
	{name: "minute", high: 59},
	{name: "hour", high: 23},
	{name: "day", low: 1, high: 31},
	{name: "month", low: 1, high: 12, words: []string{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}},
	{name: "weekday", high: 7, words: []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}},
}

func parseCron(words []string) (c cron, err error) {
	if len(words) != len(cronFields) {
		return c, badSchedule("a schedule of cron has five fields, not %d", len(words))
	}
	sets := [5]*uint64{&c.minutes, &c.hours, &c.days, &c.months, &c.weekdays}
	for i, f := range cronFields {
		if *sets[i], err = f.parse(words[i]); err != nil {
			return c, err
		}
	}
	if c.weekdays&(1<<7) != 0 { // 7 is Sunday too
		c.weekdays |= 1
	}
	c.either = !strings.HasPrefix(words[2], "*") && !strings.HasPrefix(words[4], "*")
	return c, nil
}

// parse reads "*", numbers, names, ranges and steps, with commas between.
func (f *cronField) parse(text string) (set uint64, err error) {
	for part := range strings.SplitSeq(text, ",") {
		span, stepText, stepped := strings.Cut(part, "/")
		low, high, ok := f.span(span, stepped)
		step := 1
		if stepped {
			step, err = strconv.Atoi(stepText)
			ok = ok && err == nil && step > 0 && step <= f.high && plain(stepText)
		}
		if !ok || low > high {
			return 0, badSchedule("the %s %q is none", f.name, model.Printable(part))
		}
		for n := low; n <= high; n += step {
			set |= 1 << n
		}
	}
	return set, nil
}

// span reads one part without its step. A number with a step goes on to the end.
func (f *cronField) span(text string, stepped bool) (low, high int, ok bool) {
	if text == "*" {
		return f.low, min(f.high, f.low+f.count()-1), true
	}
	first, last, ranged := strings.Cut(text, "-")
	low, ok = f.number(first)
	if !ranged {
		if high = low; stepped {
			high = min(f.high, f.low+f.count()-1)
		}
		return low, high, ok
	}
	high, ok2 := f.number(last)
	return low, high, ok && ok2
}

// count is how many different values there are: 7 is a second name of Sunday.
func (f *cronField) count() int {
	if f.name == "weekday" {
		return 7
	}
	return f.high - f.low + 1
}

func (f *cronField) number(text string) (int, bool) {
	for i, word := range f.words {
		if strings.EqualFold(text, word) {
			return f.low + i, true
		}
	}
	n, err := strconv.Atoi(text)
	return n, err == nil && plain(text) && n >= f.low && n <= f.high
}

// plain reports that text is one or two digits.
func plain(text string) bool {
	return len(text) <= 2 && strings.Trim(text, "0123456789") == ""
}

// maxDays bounds the search: 29 February may be 8 years away, on a given weekday 40.
const maxDays = 41 * 366

// next returns the first minute after t that is in all sets; false when there is none.
func (c *cron) next(t time.Time) (time.Time, bool) {
	t = t.Truncate(time.Minute).Add(time.Minute)
	day := time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
	from := t.Hour()*60 + t.Minute()
	for range maxDays {
		if c.on(day) {
			if minute, ok := c.at(from); ok {
				return day.Add(time.Duration(minute) * time.Minute), true
			}
		}
		day, from = day.AddDate(0, 0, 1), 0
	}
	return time.Time{}, false
}

func (c *cron) on(day time.Time) bool {
	has := func(set uint64, n int) bool { return set&(1<<n) != 0 }
	date, weekday := has(c.days, day.Day()), has(c.weekdays, int(day.Weekday()))
	return has(c.months, int(day.Month())) && (date && weekday || c.either && (date || weekday))
}

// at returns the first minute of a day from a minute on.
func (c *cron) at(from int) (int, bool) {
	hour, minute := from/60, from%60
	if c.hours&(1<<hour) != 0 {
		if rest := c.minutes >> minute; rest != 0 {
			return hour*60 + minute + bits.TrailingZeros64(rest), true
		}
	}
	if rest := c.hours >> (hour + 1); rest != 0 {
		return (hour+1+bits.TrailingZeros64(rest))*60 + bits.TrailingZeros64(c.minutes), true
	}
	return 0, false
}
