package jq

import (
	"context"
	"strings"
	"testing"
	"time"

	"ferry/model"
)

func TestRun(t *testing.T) {
	for expr, want := range map[string]string{
		".[0].name":     "\"a\"\n",
		".[] | .n":      "1\n12345678901234567890\n",
		"map(.name)":    "[\n  \"a\",\n  \"b\"\n]\n",
		"env | length":  "0\n",
		"empty":         "",
		".[0], halt, 1": "{\n  \"n\": 1,\n  \"name\": \"a\"\n}\n",
		`"\u202e" | .`:  "\"\u202e\"\n",
		"$ENV | length": "0\n",
	} {
		got, err := Run(context.Background(), expr, []byte(`[{"name":"a","n":1},{"name":"b","n":12345678901234567890}]`))
		if err != nil || string(got) != want {
			t.Errorf("%s: %q, %v; want %q", expr, got, err, want)
		}
	}
}

func TestRunSaysWhatIsWrong(t *testing.T) {
	for _, tc := range []struct{ expr, body, want string }{
		{".[", "[]", "does not parse"},
		{".x", "[]", "does not fit"},
		{"nope", "[]", "cannot be used"},
		{".", "<html>", "not JSON"},
		{".", "[] []", "not JSON"},
		{"range(1e9)", "[]", "more than 100000 results"},
	} {
		_, err := Run(context.Background(), tc.expr, []byte(tc.body))
		if model.CodeOf(err) != model.EInvalid || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s on %s: %v, want %q", tc.expr, tc.body, err, tc.want)
		}
	}
}

func TestAnEndlessFilterCanBeCancelled(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	began := time.Now()
	if _, err := Run(ctx, "def f: f; f", []byte("1")); err == nil {
		t.Fatal("an endless filter ended")
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Fatalf("cancelling took %s", took)
	}
}
