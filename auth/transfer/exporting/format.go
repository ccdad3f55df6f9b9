package exporting

import (
	"ferry/auth/transfer/record"
	"ferry/model"
)

// format writes records one after the other.
type format interface {
	// record appends one; n of them are in the file.
	record(dst, rec []byte, n int64) ([]byte, error)
	// pageEnd and end append what waited for the end of a page, and what closes the file.
	pageEnd(dst []byte) ([]byte, error)
	end(dst []byte, n int64) ([]byte, error)
	// mark returns what undo goes back to at a later time.
	mark() table
	undo(table)
}

func newFormat(f *model.TransferFile, t table) format {
	switch f.Format {
	case model.CSV:
		return newSheet(f, t)
	case model.JSONArray:
		return array{}
	}
	return lines{}
}

// plain is a format that remembers nothing.
type plain struct{}

func (plain) pageEnd(dst []byte) ([]byte, error)      { return dst, nil }
func (plain) end(dst []byte, _ int64) ([]byte, error) { return dst, nil }
func (plain) mark() table                             { return table{} }
func (plain) undo(table)                              {}

// lines is NDJSON: one value without blanks a line.
type lines struct{ plain }

func (lines) record(dst, rec []byte, _ int64) ([]byte, error) {
	dst, err := record.AppendLine(dst, rec)
	return append(dst, '\n'), err
}

// array is a JSON array with a record a line.
type array struct{ plain }

func (array) record(dst, rec []byte, n int64) ([]byte, error) {
	if n == 0 {
		dst = append(dst, "[\n  "...)
	} else {
		dst = append(dst, ",\n  "...)
	}
	return record.AppendLine(dst, rec)
}

func (array) end(dst []byte, n int64) ([]byte, error) {
	if n == 0 {
		return append(dst, "[]\n"...), nil
	}
	return append(dst, "\n]\n"...), nil
}
