package jq

import (
	"context"
	"testing"
	"time"
)

func run(ctx context.Context, expr, body string) (string, error) {
	f, err := Compile(expr)
	if err != nil {
		return "", err
	}
	out, err := f.Indented(ctx, []byte(body))
	return string(out), err
}

func TestResults(t *testing.T) {
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
		got, err := run(t.Context(), expr, `[{"name":"a","n":1},{"name":"b","n":12345678901234567890}]`)
		if err != nil || got != want {
			t.Errorf("%s: %q, %v; want %q", expr, got, err, want)
		}
	}
}

func TestAnEndlessFilterCanBeCancelled(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	began := time.Now()
	if _, err := run(ctx, "def f: f; f", "1"); err == nil {
		t.Fatal("an endless filter ended")
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Fatalf("cancelling took %s", took)
	}
}
