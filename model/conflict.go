package model

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Edited is what a conflict has to know of the record that somebody else changed.
type Edited struct {
	ID       ID
	Name     string
	Revision uint64 // the stored one
	Updated  Stamp  // the last save; the zero Stamp: whatever the audit log says
}

// conflictDepth is how many of the newest audit entries are searched for who changed what.
const conflictDepth = 500

// Conflict says who changed what between the revision that was seen and now: EConflict.
// It reads the audit log in tx.
func Conflict(tx Tx, r Edited, seen uint64, now time.Time) error {
	entries, err := tx.Audit().Page("", conflictDepth)
	if err != nil {
		return err
	}
	var fields []string // oldest first, each once
	for _, e := range slices.Backward(entries) {
		if e.Target != r.ID || e.Revision <= seen {
			continue
		}
		if r.Updated.At.Before(e.At) {
			r.Updated = Stamp{At: e.At, By: e.Actor.Label()}
		}
		for _, ch := range e.Changes {
			if !slices.Contains(fields, ch.Field) {
				fields = append(fields, ch.Field)
			}
		}
	}
	by, what := "meanwhile", ""
	if !r.Updated.At.IsZero() {
		by = "by " + Printable(r.Updated.By) + " " + ago(now.Sub(r.Updated.At)) + " ago"
	}
	if len(fields) > 0 {
		what = ": " + strings.Join(fields, ", ")
	}
	return Errorf(EConflict, "%q was changed %s%s (revision %d, you have %d)", r.Name, by, what, r.Revision, seen).
		WithNext("look at it again, then repeat your change")
}

func ago(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s", max(0, int(d.Seconds())))
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours()))
	}
	return fmt.Sprintf("%d days", int(d.Hours()/24))
}
