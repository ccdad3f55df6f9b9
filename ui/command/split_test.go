package command

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"ferry/model"
	"ferry/model/clients"
)

func TestSplitWords(t *testing.T) {
	for line, want := range map[string][]string{
		``:                         nil,
		"  \t\n":                   nil,
		`client list`:              {"client", "list"},
		`  token   erp `:           {"token", "erp"},
		`a 'b c' "d e" f\ g`:       {"a", "b c", "d e", "f g"},
		`'' ""`:                    {"", ""},
		`--jq='.[0]'`:              {"--jq=.[0]"},
		`"a\"b" "a\b" '\'`:         {`a"b`, `a\b`, `\`},
		`"it's"`:                   {"it's"},
		"$(id) `id` ${x} *; a|b&c": {"$(id)", "`id`", "${x}", "*;", "a|b&c"},
		`"$(id)"`:                  {"$(id)"},
		`a#b # c`:                  {"a#b", "#", "c"},
		`é "ü ö"`:                  {"é", "ü ö"},
	} {
		got, err := splitWords(line)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%q: got %q, %v, want %q", line, got, err, want)
		}
	}
	for _, line := range []string{`'`, `"`, `a "b`, `a\`, "a\x00b", strings.Repeat("a", maxCommandLine+1)} {
		if got, err := splitWords(line); model.CodeOf(err) != model.EUsage {
			t.Errorf("%.20q: got %q, %v, want a usage error", line, got, err)
		}
	}
}

func TestSplitWordsUndoesShellQuote(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOf(rapid.StringMatching(`[^\x00]{0,12}`)).Draw(t, "words")
		quoted := make([]string, len(words))
		for i, w := range words {
			quoted[i] = clients.ShellQuote(w)
		}
		got, err := splitWords(strings.Join(quoted, " "))
		if err != nil || len(got) != len(words) {
			t.Fatalf("got %q, %v, want %q", got, err, words)
		}
		for i := range got {
			if got[i] != words[i] {
				t.Fatalf("got %q, want %q", got[i], words[i])
			}
		}
	})
}

func FuzzSplitWords(f *testing.F) {
	f.Add(`call erp "/a b" -d 'x'`)
	f.Add(`\`)
	f.Fuzz(func(t *testing.T, line string) {
		words, err := splitWords(line)
		if err != nil && model.CodeOf(err) != model.EUsage {
			t.Fatalf("code %s", model.CodeOf(err))
		}
		n := 0
		for _, w := range words {
			n += len(w)
		}
		if n > 3*len(line) { // an invalid byte becomes U+FFFD, three bytes
			t.Fatalf("%d bytes out of %d", n, len(line))
		}
	})
}
