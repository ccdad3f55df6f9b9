package curl

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// splitter cuts a line into words as a POSIX shell does (XCU §2.2 and §2.3), with the
// $'…' of bash. What a shell would fill in or run is an error, never guessed.
type splitter struct {
	text  string
	at    int
	words []string
	word  strings.Builder
	open  bool // a word has begun, be it empty
}

// split returns the words of one command.
func split(line string) ([]string, error) {
	switch {
	case len(line) > MaxLine:
		return nil, problem("the line is longer than %d KiB", MaxLine>>10).WithNext("paste the curl command alone, and its body with -d @FILE")
	case strings.IndexByte(line, 0) >= 0:
		return nil, problem("the line holds a NUL byte")
	case !utf8.ValidString(line):
		return nil, problem("the line is not UTF-8 text")
	}
	line = unwrapped(line)
	if line == "" {
		return nil, problem("there is no curl command").WithNext("paste one line that begins with curl")
	}
	if windows(line) {
		return splitWindows(line)
	}
	s := &splitter{text: line}
	if err := s.run(); err != nil {
		return nil, err
	}
	for _, word := range s.words {
		if !utf8.ValidString(word) {
			return nil, problem("the escapes of a $'…' give bytes that are not UTF-8 text").WithNext("send such a body from a file, with ferry call -d @FILE")
		}
	}
	return s.words, nil
}

// unwrapped takes off what terminals and web pages put around a command.
func unwrapped(line string) string {
	line = strings.TrimPrefix(left(line), "\ufeff")
	line = strings.TrimSuffix(strings.TrimPrefix(line, "\x1b[200~"), "\x1b[201~")
	line = left(line)
	for _, prompt := range []string{"$ ", "% ", "> "} {
		if rest, ok := strings.CutPrefix(line, prompt); ok {
			return left(rest)
		}
	}
	return line
}

// left takes off blanks at the beginning; those at the end may be escaped.
func left(line string) string { return strings.TrimLeft(line, " \t\r\n") }

func (s *splitter) run() error {
	for s.at < len(s.text) {
		if err := s.step(); err != nil {
			return err
		}
	}
	s.end()
	return nil
}

// step takes one character, or one quoted part, outside of quotes.
func (s *splitter) step() error {
	switch c := s.text[s.at]; c {
	case ' ', '\t', '\r':
		s.end()
		s.at++
	case '\n':
		return s.newline()
	case '\\':
		return s.backslash()
	case '\'':
		return s.single()
	case '"':
		return s.double()
	case '$':
		return s.dollar(false)
	case '`':
		return s.backtick()
	case ';', '&', '|', '<', '>', '(', ')':
		return s.operator(c)
	case '#':
		if !s.open {
			return problem("a comment begins at %s", s.where(s.at)).WithNext("paste the curl command without it")
		}
		s.add(1)
	default:
		return s.plain()
	}
	return nil
}

func (s *splitter) add(n int) {
	s.open = true
	s.word.WriteString(s.text[s.at : s.at+n])
	s.at += n
}

func (s *splitter) end() {
	if s.open {
		s.words = append(s.words, s.word.String())
	}
	s.word.Reset()
	s.open = false
}

// plain takes a character that means itself. Those that only a word processor makes
// are refused: they look like a quote or a blank, and no shell takes them for one.
func (s *splitter) plain() error {
	r, n := utf8.DecodeRuneInString(s.text[s.at:])
	switch {
	case r == '\u00a0':
		return problem("a no-break space stands at %s", s.where(s.at)).WithNext("replace it by an ordinary space")
	case !s.open && strings.ContainsRune("‘’“”„«»", r):
		return problem("a typographic quote stands at %s", s.where(s.at)).WithNext("replace it by ' or \"")
	case !s.open && strings.ContainsRune("‐‑‒–—", r):
		return problem("a typographic dash stands at %s", s.where(s.at)).WithNext("write options with - or --")
	}
	s.add(n)
	return nil
}

// newline ends the command: nothing may follow it.
func (s *splitter) newline() error {
	s.end()
	rest := strings.TrimLeft(s.text[s.at:], " \t\r\n")
	if rest != "" {
		return problem("a second command begins at %s", s.where(len(s.text)-len(rest))).
			WithNext(`if it belongs to the first, end the line before it with a \`)
	}
	s.at = len(s.text)
	return nil
}

func (s *splitter) backslash() error {
	rest := s.text[s.at+1:]
	switch {
	case rest == "":
		return problem(`the line ends with a \: there is more of it`).WithNext("paste the whole command")
	case strings.HasPrefix(rest, "\n"):
		s.at += 2
		return nil
	case strings.HasPrefix(rest, "\r\n"):
		s.at += 3
		return nil
	}
	if behind := strings.TrimLeft(rest, " \t\r"); len(behind) < len(rest) && strings.HasPrefix(behind, "\n") {
		return problem(`a blank stands behind the \ at %s, so that the command ends there`, s.where(s.at)).WithNext("remove the blank")
	}
	s.at++
	_, n := utf8.DecodeRuneInString(rest)
	s.add(n)
	return nil
}

func (s *splitter) single() error {
	text, _, ok := strings.Cut(s.text[s.at+1:], "'")
	if !ok {
		return s.unclosed("'", s.at)
	}
	s.open = true
	s.word.WriteString(text)
	s.at += len(text) + 2
	return nil
}

// double takes "…", in which \ escapes $, `, ", \ and the end of a line only.
func (s *splitter) double() error {
	began := s.at
	s.open = true
	for s.at++; s.at < len(s.text); {
		switch s.text[s.at] {
		case '"':
			s.at++
			return nil
		case '`':
			return s.backtick()
		case '$':
			if err := s.dollar(true); err != nil {
				return err
			}
		case '\\':
			if err := s.escaped(); err != nil {
				return err
			}
		default:
			s.add(1)
		}
	}
	return s.unclosed(`"`, began)
}

func (s *splitter) escaped() error {
	rest := s.text[s.at+1:]
	switch {
	case strings.HasPrefix(rest, `^"`):
		return problem("the quoting at %s is neither that of a shell nor that of Windows", s.where(s.at)).
			WithNext("copy the command once more, as cURL (bash)")
	case rest != "" && strings.IndexByte("$`\"\\", rest[0]) >= 0:
		s.at++
		s.add(1)
	case strings.HasPrefix(rest, "\n"):
		s.at += 2
	case strings.HasPrefix(rest, "\r\n"):
		s.at += 3
	default:
		s.add(1)
	}
	return nil
}

// dollar takes a $ that means itself, or begins $'…' or $"…". Anything else would be
// filled in by the shell. What follows is not repeated: in "pa$word" it is a secret.
func (s *splitter) dollar(quoted bool) error {
	rest := s.text[s.at+1:]
	if !quoted && rest != "" && rest[0] == '\'' {
		return s.ansi()
	}
	if !quoted && rest != "" && rest[0] == '"' {
		s.at++
		return s.double()
	}
	if rest != "" && (isName(rest[0]) || strings.IndexByte("{([*@#?-$!", rest[0]) >= 0) {
		return problem("the shell would fill something in for the $ at %s", s.where(s.at)).
			WithNext("paste the line with the value in its place, or in single quotes if the $ means itself")
	}
	s.add(1)
	return nil
}

func isName(c byte) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

func (s *splitter) backtick() error {
	if rest := strings.TrimLeft(s.text[s.at+1:], " \t\r"); strings.HasPrefix(rest, "\n") {
		return problem("the ` at %s continues the line as PowerShell does", s.where(s.at)).WithNext("copy the command as cURL (bash)")
	}
	return problem("the shell would run another command for the ` at %s", s.where(s.at)).
		WithNext("paste the line with the value in its place, or in single quotes if the ` means itself")
}

// operator refuses what joins commands or redirects them. One ; at the end is harmless.
func (s *splitter) operator(c byte) error {
	rest := s.text[s.at:]
	var op string
	for _, long := range []string{"&&", "||", "<<", ">>"} {
		if strings.HasPrefix(rest, long) {
			op = long
		}
	}
	if op == "" {
		op = string(c)
	}
	e := problem("%s stands outside of quotes at %s", op, s.where(s.at))
	switch op {
	case ";":
		if strings.Trim(rest, "; \t\r\n") == "" {
			s.at = len(s.text)
			return nil
		}
		return e.WithNext("paste one curl command, without the other it is joined with")
	case "&&", "||", "|":
		return e.WithNext("paste one curl command, without the other it is joined with")
	case "&":
		return e.WithNext("put the URL into single quotes: the shell ends the command at the &")
	case "<", ">", "<<", ">>":
		return e.WithNext("paste the curl command without its redirections")
	}
	return e.WithNext("put what it belongs to into single quotes")
}

func (s *splitter) unclosed(quote string, at int) error {
	return problem("the %s at %s is not closed", quote, s.where(at)).WithNext("paste the whole command")
}

// where says in words where a byte of the line is.
func (s *splitter) where(at int) string { return where(s.text, at) }

func where(text string, at int) string {
	before := text[:at]
	line := strings.Count(before, "\n") + 1
	column := utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:]) + 1
	if line == 1 {
		return fmt.Sprintf("character %d", column)
	}
	return fmt.Sprintf("character %d of line %d", column, line)
}
