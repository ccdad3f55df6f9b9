package curl

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"ferry/model"
)

// CASES Client side: curl lines with odd quoting, as shells read them.
func TestWordsAreThoseOfAShell(t *testing.T) {
	for line, want := range map[string][]string{
		`curl a  b`:                             {"curl", "a", "b"},
		"curl\ta \\\n  b":                       {"curl", "a", "b"},
		"curl a\\\r\nb":                         {"curl", "ab"},
		`curl 'a b'"c d"e\ f`:                   {"curl", "a bc de f"},
		`curl '' ""`:                            {"curl", "", ""},
		`curl "a\"b\\c\$d\` + "`" + `e\xf"`:     {"curl", `a"b\c$d` + "`" + `e\xf`},
		"curl \"a\\\nb\"":                       {"curl", "ab"},
		`curl 'it'\''s'`:                        {"curl", "it's"},
		`curl $'a\nb\t\x41\101\u00e4\'\\'`:      {"curl", "a\nb\tAAä'\\"},
		`curl $'\u0021\U0001F600\e\cA\q'`:       {"curl", "!😀\x1b\x01\\q"},
		`curl $"a b"`:                           {"curl", "a b"},
		`curl a$ "5 $" x$`:                      {"curl", "a$", "5 $", "x$"},
		`curl '$HOME' "\$HOME" \$HOME`:          {"curl", "$HOME", "$HOME", "$HOME"},
		`curl a#b 'c#' https://x/?a=1\&b=2`:     {"curl", "a#b", "c#", "https://x/?a=1&b=2"},
		"  $ curl a\n":                          {"curl", "a"},
		"\x1b[200~curl a\x1b[201~":              {"curl", "a"},
		"\ufeffcurl a":                          {"curl", "a"},
		`curl a ;`:                              {"curl", "a"},
		"curl a\n\n  \n":                        {"curl", "a"},
		`curl https://x/a^b`:                    {"curl", "https://x/a^b"},
		`curl ^"https://x/?a=1^&b=2^"`:          {"curl", "https://x/?a=1&b=2"},
		"curl \"https://x\" ^\r\n  -H \"a: b\"": {"curl", "https://x", "-H", "a: b"},
		`curl ^"{^\^"a^\^":^\^"b ^%^41^\^"}^"`:  {"curl", `{"a":"b %41"}`},
		"curl ^\"a^\n\nb^\"":                    {"curl", "a\nb"},
		`curl ^"C:\dir^" "a ""b"" c" "d\\"`:     {"curl", `C:\dir`, `a "b" c`, `d\`},
		`curl ^"C:^\^\dir^\^\^"`:                {"curl", `C:\dir\`},
		`curl ^"it's^" ^"^$HOME ` + "`" + `^"`:  {"curl", "it's", "$HOME `"},
		`curl.exe ^"https://x/%20a%20^"`:        {"curl.exe", "https://x/%20a%20"},
	} {
		got, err := split(line)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%q: %q, %v, want %q", line, got, err, want)
		}
	}
}

// CASES Client side: a line that a shell would change before curl sees it is an error
// that says where, and repeats nothing of the line.
func TestWhatAShellWouldFillInIsRefused(t *testing.T) {
	for line, want := range map[string]string{
		``:                                 "there is no curl command",
		"  \n ":                            "there is no curl command",
		`curl 'CANARY`:                     "the ' at character 6 is not closed",
		`curl "CANARY`:                     `the " at character 6 is not closed`,
		"curl \\\n $'CANARY":               "the $' at character 2 of line 2 is not closed",
		`curl CANARY\`:                     "the line ends with a \\: there is more of it",
		"curl a \\ \n b":                   "a blank stands behind the \\ at character 8",
		`curl -u "x:pa$CANARY"`:            "the shell would fill something in for the $ at character 14",
		`curl $CANARY`:                     "fill something in for the $ at character 6",
		`curl ${CANARY}`:                   "fill something in for the $ at character 6",
		`curl "$(cat CANARY)"`:             "fill something in for the $ at character 7",
		"curl `cat CANARY`":                "would run another command for the ` at character 6",
		"curl \"`cat CANARY`\"":            "would run another command for the ` at character 7",
		"curl a `\n b":                     "continues the line as PowerShell does",
		`curl a && curl CANARY`:            "&& stands outside of quotes at character 8",
		`curl a || curl CANARY`:            "|| stands outside of quotes at character 8",
		`curl a; curl CANARY`:              "; stands outside of quotes at character 7",
		`curl a | jq CANARY`:               "| stands outside of quotes at character 8",
		`curl https://x/?a=1&b=CANARY`:     "& stands outside of quotes at character 20",
		`curl a > CANARY`:                  "> stands outside of quotes at character 8",
		`curl a >> CANARY`:                 ">> stands outside of quotes",
		`curl -d @- << CANARY`:             "<< stands outside of quotes",
		`(curl CANARY)`:                    "( stands outside of quotes at character 1",
		"curl a\ncurl CANARY":              "a second command begins at character 1 of line 2",
		`curl a # CANARY`:                  "a comment begins at character 8",
		`curl “https://CANARY”`:            "a typographic quote stands at character 6",
		"curl\u00a0CANARY":                 "a no-break space stands at character 5",
		`curl –d CANARY`:                   "a typographic dash stands at character 6",
		`curl -d $'\xffCANARY'`:            "bytes that are not UTF-8",
		`curl $'\x00CANARY'`:               "the escape at character 8 stands for no character",
		`curl $'\ud800CANARY'`:             "the escape at character 8 stands for no character",
		`curl "\^"CANARY\^""`:              "neither that of a shell nor that of Windows",
		"curl ^\"a^\" \\\n CANARY":         `continued both with ^ and with \`,
		`curl ^"a^" %CANARY%`:              "cmd.exe would fill a variable in for the % at character 12",
		`curl ^"a^" & CANARY`:              "& stands outside of quotes",
		"curl ^\"a^\" \"CANARY":            "a quote is not closed",
		"curl ^\"a^\" \"CAN\nARY\"":        "a line ends inside of quotes",
		"curl ^\"a^\"\ncurl CANARY":        "a second command begins at character 1 of line 2",
		"curl \x00CANARY":                  "NUL byte",
		"curl \xffCANARY":                  "not UTF-8",
		strings.Repeat("x", MaxLine) + "y": "longer than 64 KiB",
	} {
		_, err := Parse(line)
		e := model.AsError(err)
		if err == nil || e.Code != model.EInvalid || e.Field != "curl" || !strings.Contains(e.Message, want) {
			t.Errorf("%.80q: %v (%v), want %q", line, err, e, want)
			continue
		}
		if strings.Contains(e.Message+e.Next, "CANARY") || e.Err != nil {
			t.Errorf("%.80q: the error repeats the line: %+v", line, e)
		}
	}
}

// Any arguments, quoted in any of the ways of a shell, come back as they were.
func TestQuotingAnyArgumentsGivesThemBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		argv := rapid.SliceOfN(rapid.StringMatching(`[ -~äß€\n\t]{0,20}`), 1, 6).Draw(t, "argv")
		line := "curl"
		for _, arg := range argv {
			between := rapid.SampledFrom([]string{" ", "  ", "\t", " \\\n  ", " \\\r\n"}).Draw(t, "between")
			line += between + quoteAs(rapid.IntRange(0, 3).Draw(t, "quoting"), arg)
		}
		got, err := split(line)
		if err != nil || !slices.Equal(got, append([]string{"curl"}, argv...)) {
			t.Fatalf("%q: %q, %v", line, got, err)
		}
	})
}

func quoteAs(kind int, arg string) string {
	switch kind {
	case 0:
		return "'" + strings.ReplaceAll(arg, "'", `'\''`) + "'"
	case 1:
		return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "$", `\$`, "`", "\\`").Replace(arg) + `"`
	case 2:
		return "$'" + strings.NewReplacer(`\`, `\\`, "'", `\'`, "\n", `\n`, "\t", `\t`, "ä", `\u00e4`, "ß", `\xc3\x9f`).Replace(arg) + "'"
	}
	// Each character with a \ before it; a line break has no such form.
	var b strings.Builder
	b.WriteString("''")
	for _, r := range arg {
		if r == '\n' {
			b.WriteString("'\n'")
		} else {
			b.WriteString(`\` + string(r))
		}
	}
	return b.String()
}

// Any arguments, quoted as browsers do it for cmd.exe, come back as they were.
func TestQuotingForWindowsGivesArgumentsBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		argv := rapid.SliceOfN(rapid.StringMatching(`[ -~\n]{0,20}`), 1, 6).Draw(t, "argv")
		line := "curl"
		for _, arg := range argv {
			line += rapid.SampledFrom([]string{" ", " ^\n  ", " ^\r\n  "}).Draw(t, "between") + quoteForCmd(arg)
		}
		got, err := split(line)
		if err != nil || !slices.Equal(got, append([]string{"curl"}, argv...)) {
			t.Fatalf("%q: %q, %v", line, got, err)
		}
	})
}

func quoteForCmd(arg string) string {
	var b strings.Builder
	b.WriteString(`^"`)
	arg = strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(arg)
	for i, r := range arg {
		switch {
		case r == '\n':
			b.WriteString("^\n\n")
		case r == '%':
			b.WriteString("^%")
			if rest := arg[i+1:]; rest != "" && isName(rest[0]) {
				b.WriteByte('^')
			}
		case isName(byte(r)) || strings.ContainsRune(" -:=+~'/.,?;()*`", r):
			b.WriteRune(r)
		default:
			b.WriteString("^" + string(r))
		}
	}
	return b.String() + `^"`
}
