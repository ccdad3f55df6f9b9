package curl

import (
	"strings"
	"unicode/utf8"
)

// ansiLetters are the escapes of $'…' that stand for one character.
var ansiLetters = map[byte]byte{
	'a': 7, 'b': 8, 'e': 27, 'E': 27, 'f': 12, 'n': '\n', 'r': '\r', 't': '\t', 'v': 11,
	'\\': '\\', '\'': '\'', '"': '"', '?': '?',
}

// ansi takes $'…' with the escapes of bash: letters, octal, \xHH, \uHHHH, \UHHHHHHHH, \cX.
func (s *splitter) ansi() error {
	began := s.at
	s.open = true
	for s.at += 2; s.at < len(s.text); {
		switch c := s.text[s.at]; c {
		case '\'':
			s.at++
			return nil
		case '\\':
			s.at++
			if s.at == len(s.text) {
				return s.unclosed("$'", began)
			}
			if at := s.at - 1; !s.ansiEscape() {
				return problem("the escape at %s stands for no character", s.where(at))
			}
		default:
			s.add(1)
		}
	}
	return s.unclosed("$'", began)
}

// ansiEscape takes what follows a \. It is false for a NUL, which no word can hold, and
// for what is no character at all.
func (s *splitter) ansiEscape() bool {
	c := s.text[s.at]
	if plain, ok := ansiLetters[c]; ok {
		s.word.WriteByte(plain)
		s.at++
		return true
	}
	switch c {
	case 'x':
		return s.number(1, 2, 16, false)
	case 'u':
		return s.number(1, 4, 16, true)
	case 'U':
		return s.number(1, 8, 16, true)
	case '0', '1', '2', '3', '4', '5', '6', '7':
		return s.number(0, 3, 8, false)
	case 'c':
		if s.at+1 < len(s.text) && s.text[s.at+1] >= '@' && s.text[s.at+1] < utf8.RuneSelf && s.text[s.at+1]&0x1f != 0 {
			s.word.WriteByte(s.text[s.at+1] & 0x1f)
			s.at += 2
			return true
		}
		return false
	}
	s.word.WriteByte('\\') // an unknown escape stays as it is
	return true
}

// number takes at most limit digits, skip bytes from here, as a character or a byte.
func (s *splitter) number(skip, limit, base int, character bool) bool {
	n, at := 0, s.at+skip
	end := min(at+limit, len(s.text))
	from := at
	for ; at < end; at++ {
		d := strings.IndexByte("0123456789abcdef", lower(s.text[at]))
		if d < 0 || d >= base {
			break
		}
		n = n*base + d
	}
	if at == from || n == 0 {
		return false
	}
	s.at = at
	if !character {
		s.word.WriteByte(byte(n))
		return true
	}
	if n > utf8.MaxRune || !utf8.ValidRune(rune(n)) {
		return false
	}
	s.word.WriteRune(rune(n))
	return true
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
