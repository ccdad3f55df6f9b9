package model_test

import (
	"strings"
	"testing"

	"ferry/model"
)

func TestNamesNeedNoQuoting(t *testing.T) {
	for name, want := range map[string][2]string{ // of a client or space, of an API user; "" is fine
		"erp": {}, "djust-erp.v2_x": {}, "7": {}, strings.Repeat("a", 64): {},
		"":                      {"is needed", "is needed"},
		strings.Repeat("a", 65): {"at most 64", "at most 64"},
		".":                     {"a letter or a digit", "a letter or a digit"},
		"..":                    {"a letter or a digit", "a letter or a digit"},
		"-erp":                  {"cannot begin with '-'", "cannot begin with '-'"},
		"a b":                   {"cannot hold a space", "cannot hold a space"},
		"a/b":                   {"cannot hold '/'", "cannot hold '/'"},
		"a\u202eb":              {"cannot hold '<U+202E>'", "cannot hold '<U+202E>'"},
		"ümläut":                {"cannot hold 'ü'", "cannot hold 'ü'"},
		"robot@partner":         {"cannot hold '@'", ""},
	} {
		for i, got := range []string{model.NameProblem(name), model.UsernameProblem(name)} {
			if (want[i] == "") != (got == "") || !strings.Contains(got, want[i]) {
				t.Errorf("%q, rule %d: %q, want %q", name, i, got, want[i])
			}
		}
	}
}
