// Package merge lays what somebody typed over what somebody else saved meanwhile, field
// by field, so that neither is lost unseen.
//
// It imports nothing of ours.
package merge

import "slices"

// Both tells, for each field that both sides changed to something different, what theirs
// says.
type Both map[string]string

// Value keeps mine in to, which holds theirs, when mine changed it from base.
func Value[T comparable](both Both, field string, to *T, base, mine T, text func(T) string) {
	theirs := *to
	if mine == base {
		return
	}
	both.Note(field, theirs == base || theirs == mine, text(theirs))
	*to = mine
}

// List keeps mine as a whole when it changed from base.
func List[T comparable](both Both, field string, to *[]T, base, mine []T, text func([]T) string) {
	theirs := *to
	if slices.Equal(mine, base) {
		return
	}
	both.Note(field, slices.Equal(theirs, base) || slices.Equal(theirs, mine), text(theirs))
	*to = mine
}

// Set gives theirs what mine added to base, and takes from it what mine removed: nothing
// of a set is on both sides.
func Set[T comparable](to *[]T, base, mine []T) {
	out := slices.DeleteFunc(slices.Clone(*to), func(v T) bool { return slices.Contains(base, v) && !slices.Contains(mine, v) })
	for _, v := range mine {
		if !slices.Contains(base, v) && !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	*to = out
}

// Note notes what theirs says unless it is the same.
func (b Both) Note(field string, same bool, theirs string) {
	if !same {
		b[field] = theirs
	}
}

// Text is a text as it is.
func Text(s string) string { return s }

// OnOff is a switch in a word.
func OnOff(b bool) string {
	if b {
		return "on"
	}
	return "off"
}

// Newer is the revision of a record as it is stored, and who made it.
type Newer struct {
	Revision uint64
	By       string
}

// Than returns who saved the record since the revision seen, "" when nobody did.
func (n Newer) Than(seen uint64) string {
	if n.Revision <= seen {
		return ""
	}
	return n.By
}
