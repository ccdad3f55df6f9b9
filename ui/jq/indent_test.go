package jq

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

func TestIndent(t *testing.T) {
	for _, text := range []string{`{}`, `[]`, `null`, `{"a":[1,2,{"b":"x,{\"y"}],"c":[]}`, strings.Repeat("[", 500) + strings.Repeat("]", 500)} {
		var want bytes.Buffer
		if err := json.Indent(&want, []byte(text), "", "  "); err != nil {
			t.Fatal(err)
		}
		got, ok := Indent([]byte(text))
		if !ok || !bytes.Equal(got, want.Bytes()) {
			t.Errorf("%.40s: %s", text, got)
		}
		if size := indentedSize([]byte(text)); size < want.Len() {
			t.Errorf("%.40s: expected at most %d, it takes %d", text, size, want.Len())
		}
	}
	if _, ok := Indent([]byte("{")); ok {
		t.Error("half a document was indented")
	}
}

// A body of 1 MB that would take 10 GB when it is indented is left as it is.
func TestABodyNestedDeepIsNotBlownUp(t *testing.T) {
	deep := strings.Repeat("[", 9000) + strings.Repeat("1,", 500_000) + "1" + strings.Repeat("]", 9000)
	if _, ok := Indent([]byte(deep)); ok {
		t.Error("it was indented")
	}
}
