package merge

import (
	"maps"
	"slices"
	"testing"
)

func TestValueKeepsMineAndTellsTheirsWhereBothChanged(t *testing.T) {
	for _, c := range []struct{ base, mine, theirs, out, told string }{
		{"a", "a", "a", "a", ""}, {"a", "b", "a", "b", ""}, {"a", "a", "c", "c", ""}, {"a", "b", "b", "b", ""}, {"a", "b", "c", "b", "c"},
	} {
		both, out := Both{}, c.theirs
		Value(both, "f", &out, c.base, c.mine, Text)
		if out != c.out || both["f"] != c.told || (len(both) == 1) != (c.told != "") {
			t.Errorf("%+v: %q, %v", c, out, both)
		}
	}
}

func TestSetTakesBothSides(t *testing.T) {
	base, mine, out := []string{"a", "b", "c"}, []string{"a", "c", "d"}, []string{"b", "c", "e"}
	Set(&out, base, mine)
	if !slices.Equal(out, []string{"c", "e", "d"}) {
		t.Errorf("%v", out)
	}
}

func TestListIsOneSideOrTheOther(t *testing.T) {
	both, out := Both{}, []string{"x"}
	List(both, "l", &out, []string{"a"}, []string{"b"}, func(l []string) string { return l[0] })
	if !slices.Equal(out, []string{"b"}) || !maps.Equal(both, Both{"l": "x"}) {
		t.Errorf("%v, %v", out, both)
	}
}

func TestNewerNamesWhoSavedSince(t *testing.T) {
	n := Newer{Revision: 3, By: "bob"}
	if n.Than(3) != "" || n.Than(2) != "bob" {
		t.Error(n.Than(3), n.Than(2))
	}
}
