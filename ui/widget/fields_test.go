package widget

import (
	"reflect"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"ferry/ui/screen"
	"ferry/ui/theme"
)

func twoFields(button string) screen.Overlay {
	o := NewFields(theme.New(true), FieldsOptions{
		Title: "Two", Fields: []Field{{Label: "One"}, {Label: "Two", Value: "b"}}, Action: "go", Button: button,
		Check: func(v []string) (int, string) {
			if v[0] == "" {
				return 0, "one is needed"
			}
			return 0, ""
		},
	})
	o.SetSize(80, 19)
	return o
}

func pressed(o screen.Overlay, k tea.KeyPressMsg) (result any, closed bool) {
	if cmd := o.Update(k); cmd != nil {
		if c, ok := cmd().(screen.Close); ok {
			return c.Result, true
		}
	}
	return nil, false
}

var (
	enter = tea.KeyPressMsg{Code: tea.KeyEnter}
	typeA = tea.KeyPressMsg{Code: 'a', Text: "a"}
)

func TestFieldsWithAButtonAreLedThrough(t *testing.T) {
	o := twoFields("Go")
	o.Update(typeA)
	for range 2 { // to the second field, to the button
		if _, closed := pressed(o, enter); closed {
			t.Fatal("enter went on from a field")
		}
	}
	if got, _ := pressed(o, enter); !reflect.DeepEqual(got, []string{"a", "b"}) {
		t.Errorf("%v", got)
	}
}

func TestFieldsWithoutAButtonGoOnFromEachAndSayWhatIsWrong(t *testing.T) {
	o := twoFields("")
	if _, closed := pressed(o, enter); closed || !strings.Contains(o.View(), "✗ one is needed") {
		t.Fatalf("it shows:\n%s", o.View())
	}
	o.Update(typeA)
	if got, _ := pressed(o, enter); !reflect.DeepEqual(got, []string{"a", "b"}) {
		t.Errorf("%v", got)
	}
}

// CASES, Terminal: an embedded end-of-paste → literal text, never an action.
func TestTailOfAPasteInFieldsIsNoAction(t *testing.T) {
	o := twoFields("")
	settle := o.Update(tea.PasteMsg{Content: "x\r\ny"})
	if _, closed := pressed(o, enter); closed {
		t.Fatal("the tail of a paste went on")
	}
	o.Update(settle())
	got, closed := pressed(o, enter)
	if values, _ := got.([]string); !closed || len(values) != 2 || !strings.HasPrefix(values[0], "x") {
		t.Errorf("%v", got)
	}
}
