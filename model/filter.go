package model

import (
	"strings"
	"time"
)

// Words returns the words of a query in lower case, for HasWords.
func Words(query string) []string { return strings.Fields(strings.ToLower(query)) }

// HasWords reports whether folded, which is in lower case, holds every one of words.
func HasWords(folded string, words []string) bool {
	for _, w := range words {
		if !strings.Contains(folded, w) {
			return false
		}
	}
	return true
}

// OrNull returns t in UTC as the outside shapes have it, nil for the zero time.
func OrNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}
