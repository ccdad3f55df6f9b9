package model

import "testing"

func TestATokenIsOfTokenBytesOnly(t *testing.T) {
	for text, is := range map[string]bool{
		"": false, "GET": true, "X-Api-Key": true, "x_y.z~0": true, "!#$%&'*+-.^_`|~": true,
		"a b": false, "a:b": false, "a\n": false, "a\x00": false, "é": false, "a\x7f": false,
		`"`: false, "(": false, ")": false, ",": false, "/": false, ";": false, "<": false, "=": false, ">": false,
		"?": false, "@": false, "[": false, `\`: false, "]": false, "{": false, "}": false,
	} {
		if IsToken(text) != is {
			t.Errorf("%q: %t", text, !is)
		}
	}
	n := 0
	for c := range 256 {
		if IsTokenByte(byte(c)) {
			n++
		}
	}
	if n != 26+26+10+15 {
		t.Errorf("%d bytes", n)
	}
}
