package serve

import (
	"bytes"
	"strings"

	"ferry/model"
)

// framing is where in a message the connection is.
type framing struct {
	part   part
	left   int64 // bytes of the body or the chunk
	first  bool  // no line of the head was seen
	old    bool  // HTTP/1.0
	host   bool
	coded  bool
	turns  bool  // it asks for another protocol
	length int64 // -1: none was given
}

type part int

const (
	inHead part = iota
	inBody
	inChunkSize
	inChunk
	inChunkEnd
	inTrailer
	inLimbo // behind a request for another protocol, until it is known which is spoken
)

// line checks one line of a head or trailer, without its end.
func (m *framing) line(line []byte) string {
	if m.part == inHead && m.first {
		m.first, m.old = false, bytes.HasSuffix(line, []byte(" HTTP/1.0"))
		if !m.old && !bytes.HasSuffix(line, []byte(" HTTP/1.1")) {
			return "malformed_request"
		}
		return ""
	}
	if line[0] == ' ' || line[0] == '\t' {
		return "folded_header"
	}
	colon := bytes.IndexByte(line, ':')
	if colon <= 0 {
		return "malformed_header"
	}
	for _, c := range line[:colon] {
		if !model.IsTokenByte(c) {
			return "malformed_header"
		}
	}
	for _, c := range line[colon+1:] {
		if c < ' ' && c != '\t' || c == 0x7F {
			return "malformed_header"
		}
	}
	if m.part == inTrailer {
		return ""
	}
	return m.field(line[:colon], line[colon+1:])
}

// field looks at the fields that say where a message ends.
func (m *framing) field(name, value []byte) string {
	switch {
	case len(name) == 4 && strings.EqualFold(string(name), "Host"):
		if m.host {
			return "two_hosts"
		}
		m.host = true
	case len(name) == 7 && strings.EqualFold(string(name), "Upgrade"):
		m.turns = true
	case len(name) == 14 && strings.EqualFold(string(name), "Content-Length"):
		if m.length >= 0 {
			return "two_lengths"
		}
		n, ok := number(bytes.Trim(value, " \t"), 10, 18)
		if !ok {
			return "malformed_length"
		}
		m.length = n
	case len(name) == 17 && strings.EqualFold(string(name), "Transfer-Encoding"):
		if m.coded || m.old || !strings.EqualFold(string(bytes.Trim(value, " \t")), "chunked") {
			return "transfer_coding"
		}
		m.coded = true
	}
	return ""
}

// headEnds says what follows a head.
func (m *framing) headEnds() string {
	switch {
	case m.coded && m.length >= 0:
		return "length_and_coding"
	case m.coded:
		m.part = inChunkSize
	case m.length > 0:
		m.part, m.left = inBody, m.length
	case m.turns:
		m.part = inLimbo
	default:
		*m = framing{first: true, length: -1}
	}
	return ""
}

// number reads digits and nothing else.
func number(text []byte, base int64, most int) (int64, bool) {
	if len(text) == 0 || len(text) > most {
		return 0, false
	}
	var n int64
	for _, c := range text {
		var d byte
		switch {
		case c >= '0' && c <= '9':
			d = c - '0'
		case base == 16 && c|0x20 >= 'a' && c|0x20 <= 'f':
			d = c | 0x20 - 'a' + 10
		default:
			return 0, false
		}
		n = n*base + int64(d)
	}
	return n, true
}
