package model_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"ferry/model"
)

func TestALineIsShortAndCanBeSeen(t *testing.T) {
	for text, ok := range map[string]bool{
		"": true, "a b": true, strings.Repeat("ä", 8): true, "日本語": true,
		strings.Repeat("a", 9): false, "a\nb": false, "a\tb": false, "\x1b[2J": false, "a\u202eb": false, "a\u200bb": false, "\xff": false, "\u2800": false,
	} {
		if msg := model.LineProblem(text, 8); (msg == "") != ok {
			t.Errorf("%q: %q", text, msg)
		}
	}
}

func TestAQueryIsHeldWhenEachOfItsWordsIs(t *testing.T) {
	for query, want := range map[string]bool{"": true, "  ": true, "ERP": true, "sap\terp": true, "sap hr": false, "sap erp": true} {
		if got := model.HasWords("erp\x00sap", model.Words(query)); got != want {
			t.Errorf("%q: %v", query, got)
		}
	}
}

func TestATimeOrNull(t *testing.T) {
	if model.OrNull(time.Time{}) != nil {
		t.Error("the zero time is there")
	}
	at := time.Date(2026, 3, 4, 10, 0, 0, 0, time.FixedZone("", 3600))
	if got := model.OrNull(at); !got.Equal(at) || got.Location() != time.UTC {
		t.Errorf("it is %v", got)
	}
}

// viewer counts transactions, and fails the one after so many.
type viewer struct {
	model.Store
	views, fails int
}

func (v *viewer) View(_ context.Context, fn func(model.Tx) error) error {
	if v.views++; v.views == v.fails {
		return errors.New("no")
	}
	return fn(nil)
}

func TestEveryPageIsATransactionAndEachRecordComesOnce(t *testing.T) {
	for n, pages := range map[int]int{0: 1, 1: 1, 999: 1, 1000: 2, 1001: 2, 2500: 3} {
		var all, got []model.ID
		for i := range n {
			all = append(all, model.ID(fmt.Sprintf("%06d", i)))
		}
		read := func(_ model.Tx, after model.ID, limit int) ([]model.ID, error) {
			from, _ := slices.BinarySearch(all, after+"x")
			if after == "" {
				from = 0
			}
			return all[from:min(from+limit, n)], nil
		}
		itself := func(id *model.ID) model.ID { return *id }
		s := &viewer{}
		if err := model.EachPage(t.Context(), s, read, itself, func(p []model.ID) { got = append(got, p...) }); err != nil || !slices.Equal(got, all) || s.views != pages {
			t.Errorf("of %d came %d in %d pages, %v", n, len(got), s.views, err)
		}
		s = &viewer{fails: pages}
		if err := model.EachPage(t.Context(), s, read, itself, func([]model.ID) {}); err == nil || s.views != pages {
			t.Errorf("a page that cannot be read: %v after %d", err, s.views)
		}
	}
}
