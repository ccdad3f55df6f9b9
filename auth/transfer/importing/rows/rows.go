// Package rows reads the records of a file one by one: NDJSON, a JSON array or CSV, each
// record as JSON with the line on which it begins and the byte at which the following one
// does, so that reading can go on there.
//
// It imports model, auth/transfer/record, jsontext, and of auth/transfer/exporting the rule by
// which cells of CSV are kept from being formulas. It never holds more than one record,
// nor more of that than model.MaxTransferValue; a record that is longer, or that is none, is
// handed over as a fault and does not end the reading where the file says where the next begins.
package rows

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"ferry/model"
)

// Row is one record of a file, or what stood in the place of one. Data and Raw are valid until the
// next one is read.
type Row struct {
	Number int64  // of the record, from 1
	Line   int64  // of the file, on which it begins, from 1
	Data   []byte // the record, as JSON
	Fault  string // why it is no record, sanitised; "" when it is one
	Raw    []byte // the beginning of what stood there, where it is faulty
}

// Position is where the following record begins. The zero Position is the beginning.
type Position struct {
	Records int64 `json:"records"` // before it
	Lines   int64 `json:"lines"`   // before it
	Offset  int64 `json:"offset"`  // bytes before it, of the decoded file
}

// Reader reads one file.
type Reader interface {
	// Next returns the following record; io.EOF after the last. EInvalid, with the place,
	// where the file cannot be read on.
	Next() (Row, error)
	// Position is where the record after the last one that was returned begins.
	Position() Position
	// Restart goes on at p, where r has been brought already.
	Restart(r io.Reader, p Position)
}

// Options say how a file is to be read.
type Options struct {
	Format model.FileFormat
	Name   string        // of the file, for messages
	Comma  byte          // between cells; 0 is a comma
	Raw    bool          // a leading ' before a formula stays
	Map    []model.Param // header → dotted field
	Max    int           // bytes of a record; 0 is model.MaxTransferValue
}

// New reads a file from its beginning, which it looks at: EInvalid for an encoding other
// than UTF-8 and for the header of a CSV that cannot be, with field "file" or "map".
func New(r io.Reader, o Options) (Reader, error) {
	if o.Max == 0 {
		o.Max = model.MaxTransferValue
	}
	in := newInput(r)
	if err := in.mark(o.Name); err != nil {
		return nil, err
	}
	switch o.Format {
	case model.CSV:
		return newCSV(in, o)
	case model.JSONArray:
		return newArray(in, o)
	}
	return &ndjson{in: in, o: o}, nil
}

// maxRaw is how much of a faulty record is kept to show.
const maxRaw = 4 << 10

// tooLong is the fault of a record beyond the bound.
func tooLong(limit int) string {
	return fmt.Sprintf("longer than %d MiB, the most that one record may have", limit>>20)
}

// problem says why data is no JSON value, "" when it is one.
func problem(data []byte) string {
	if jsontext.Value(data).IsValid() {
		return ""
	}
	v := jsontext.Value(data).Clone()
	err := v.Compact()
	if err == nil {
		err = errors.New("it is not a value")
	}
	return "not JSON: " + sentence(err)
}

// sentence is what jsontext says of a fault, without its own name.
func sentence(err error) string {
	text := strings.TrimPrefix(err.Error(), "jsontext: ")
	if len(text) > 200 {
		text = text[:200]
	}
	return model.Printable(text)
}

// head returns a copy of the beginning of data.
func head(data []byte) []byte { return append([]byte(nil), data[:min(len(data), maxRaw)]...) }
