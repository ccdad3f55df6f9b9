package feed

import (
	"bytes"
	"encoding/json"
)

// maxLink is the length of the longest link, in bytes as they stand in the answer.
const maxLink = 16 << 10

// Next returns the link to the next page of an answer: @odata.nextLink, or d.__next of
// version 2; "" when there is none. It passes over all else without decoding it, and takes
// nothing from an answer that is cut off before the link.
func Next(body []byte) string {
	s := scanner{b: bytes.TrimPrefix(body, []byte("\ufeff"))}
	link := ""
	s.members(func(key string) bool {
		switch key {
		case "@odata.nextLink", "@nextLink", "odata.nextLink":
			link = s.text()
			return link == ""
		case "d":
			if s.peek() != '{' {
				return true
			}
			whole := s.members(func(key string) bool {
				if key == "__next" {
					link = s.text()
				}
				return link == ""
			})
			return whole && link == ""
		}
		return true
	})
	return link
}

// scanner runs over JSON without checking more of it than it needs.
type scanner struct {
	b  []byte
	at int
}

// peek returns the next byte that is no blank, 0 at the end.
func (s *scanner) peek() byte {
	for ; s.at < len(s.b); s.at++ {
		switch c := s.b[s.at]; c {
		case ' ', '\t', '\r', '\n':
		default:
			return c
		}
	}
	return 0
}

// members calls each with the key of every member of the object that begins here, at its
// value; what each does not take is skipped. It is false when each ended it, or when
// the object does.
func (s *scanner) members(each func(key string) bool) bool {
	if s.peek() != '{' {
		return false
	}
	s.at++
	for {
		switch s.peek() {
		case ',':
			s.at++
		case '}':
			s.at++
			return true
		case '"':
			key, ok := s.quoted()
			if !ok || s.peek() != ':' {
				return false
			}
			s.at++
			s.peek()
			before := s.at
			if !each(unquoted(key)) {
				return false
			}
			if s.at == before && !s.skip() {
				return false
			}
		default:
			return false
		}
	}
}

// text returns the string that begins here; "" for any other value, which stays.
func (s *scanner) text() string {
	if s.peek() != '"' {
		return ""
	}
	raw, ok := s.quoted()
	if !ok || len(raw) > maxLink {
		return ""
	}
	return unquoted(raw)
}

// quoted passes a string and returns it with its quotes.
func (s *scanner) quoted() ([]byte, bool) {
	began := s.at
	for s.at++; s.at < len(s.b); s.at++ {
		switch s.b[s.at] {
		case '\\':
			s.at++
		case '"':
			s.at++
			return s.b[began:s.at], true
		}
	}
	return nil, false
}

func unquoted(raw []byte) string {
	if len(raw) > maxLink {
		return ""
	}
	var out string
	if json.Unmarshal(raw, &out) != nil {
		return ""
	}
	return out
}

// skip passes one value, however deep it is, without a stack.
func (s *scanner) skip() bool {
	depth := 0
	for s.at < len(s.b) {
		switch c := s.b[s.at]; c {
		case '"':
			if _, ok := s.quoted(); !ok {
				return false
			}
			if depth == 0 {
				return true
			}
			continue
		case '{', '[':
			depth++
		case '}', ']', ',':
			if depth == 0 {
				return c != ']' // a number or a word ends before it
			}
			if c != ',' {
				depth--
			}
			if depth == 0 {
				s.at++
				return true
			}
		}
		s.at++
	}
	return false
}
