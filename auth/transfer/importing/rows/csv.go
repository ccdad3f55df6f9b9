package rows

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"ferry/auth/transfer/exporting"
	"ferry/auth/transfer/record"
	"ferry/model"
)

// maxColumns bounds a header: beyond it something else is read as CSV.
const maxColumns = 10_000

// csvReader reads RFC 4180 with a header. encoding/csv would hold a quote that is not closed to the
// end of the file, and ends at the first row that is wrong.
type csvReader struct {
	split  splitter
	o      Options
	header []string
	maybe  []bool // an empty cell of this column is left out: it lies in an array
	nest   *record.Nester
	n      int64
	values [][]byte
	arena  []byte
	data   []byte
}

func newCSV(in *input, o Options) (Reader, error) {
	if o.Comma == 0 {
		o.Comma = ','
	}
	r := &csvReader{split: splitter{in: in, comma: o.Comma, limit: o.Max, most: maxColumns}, o: o}
	got, err := r.split.row()
	switch {
	case errors.Is(err, io.EOF):
		return nil, r.refuse("it is empty: a CSV begins with the names of its columns")
	case err != nil:
		return nil, r.unclosed(err, got)
	case got.long || got.count > maxColumns:
		return nil, r.refuse("its first line is no header: it has more than %d columns, or no end", maxColumns)
	case got.fault != "":
		return nil, r.refuse("its header cannot be read: %s", got.fault)
	}
	for i := range got.count {
		r.header = append(r.header, string(r.plain(r.split.cell(i))))
	}
	if err := r.checkHeader(); err != nil {
		return nil, err
	}
	return r, r.compile()
}

// plain takes off the ' by which an export keeps a cell from being run as a formula.
func (r *csvReader) plain(cell []byte) []byte {
	if !r.o.Raw && len(cell) > 1 && cell[0] == '\'' && exporting.Formula(cell[1:]) {
		return cell[1:]
	}
	return cell
}

func (r *csvReader) refuse(format string, args ...any) *model.Error {
	return model.Errorf(model.EInvalid, "%s: %s", model.Printable(r.o.Name), fmt.Sprintf(format, args...)).WithField("file")
}

func (r *csvReader) checkHeader() error {
	seen := map[string]int{}
	for i, name := range r.header {
		switch {
		case strings.TrimSpace(name) == "":
			return r.refuse("column %d has no name", i+1).WithNext("name it in the first line, or leave the column out")
		case strings.ContainsRune(name, 0) || !utf8.ValidString(name):
			return r.refuse("the name of column %d is not UTF-8 text", i+1).WithNext("convert the file first: iconv -f ENCODING -t UTF-8 FILE")
		case seen[name] > 0:
			return r.refuse("columns %d and %d are both named %q", seen[name], i+1, model.Printable(name)).WithNext("rename one of them in the first line")
		}
		seen[name] = i + 1
	}
	return nil
}

// compile maps columns to fields.
func (r *csvReader) compile() error {
	names := append([]string(nil), r.header...)
	for _, m := range r.o.Map {
		found := false
		for i, name := range r.header {
			if name == m.Name {
				names[i], found = m.Value, true
			}
		}
		if !found {
			return model.Errorf(model.EInvalid, "%s has no column %q", model.Printable(r.o.Name), model.Printable(m.Name)).WithField("map").
				WithNext("its columns are: %s", listed(r.header))
		}
	}
	nest, err := record.NewNester(names)
	if err != nil {
		return r.refuse("%s", model.AsError(err).Message).WithNext("rename a column with --map COLUMN=FIELD")
	}
	r.nest, r.values, r.maybe = nest, make([][]byte, len(names)), make([]bool, len(names))
	for i, name := range names {
		for part := range strings.SplitSeq(name, ".") {
			r.maybe[i] = r.maybe[i] || part != "" && strings.Trim(part, "0123456789") == ""
		}
	}
	return nil
}

func listed(names []string) string {
	text := strings.Join(names[:min(len(names), 20)], ", ")
	if len(names) > 20 {
		text += " …"
	}
	return model.Printable(text)
}

// Next implements Reader.
func (r *csvReader) Next() (Row, error) {
	got, err := r.split.row()
	if err != nil {
		return Row{}, r.unclosed(err, got)
	}
	r.n++
	row := Row{Number: r.n, Line: got.line}
	switch {
	case got.long:
		row.Fault = tooLong(r.o.Max)
	case got.fault != "":
		row.Fault = got.fault
	case got.count != len(r.header):
		row.Fault = fmt.Sprintf("%d cells, but the header has %d", got.count, len(r.header))
	default:
		row.Data, row.Fault = r.object()
	}
	if row.Fault != "" {
		row.Data, row.Raw = nil, r.split.shown()
	}
	return row, nil
}

// unclosed puts the place to a quote that is not closed: whatever follows it was part of that cell.
func (r *csvReader) unclosed(err error, got parsed) error {
	if !errors.Is(err, errUnclosed) {
		return err
	}
	return r.refuse("a quote that opens in line %d is never closed, so that nothing after it can be read", got.quote).
		WithNext("close it, or write it twice where it is meant; what stands before it has been read")
}

// object builds the record of the cells that were split.
func (r *csvReader) object() (data []byte, fault string) {
	if cap(r.arena) > 1<<20 {
		r.arena, r.data = nil, nil
	}
	r.arena = r.arena[:0]
	starts := make([]int, 0, 64)
	for i := range r.header {
		cell := r.split.cell(i)
		starts = append(starts, len(r.arena))
		if len(cell) == 0 && r.maybe[i] {
			continue
		}
		cell = r.plain(cell)
		var err error
		if r.arena, err = jsontext.AppendQuote(r.arena, cell); err != nil {
			return nil, fmt.Sprintf("cell %d (%s) is not UTF-8 text", i+1, model.Printable(r.header[i]))
		}
	}
	starts = append(starts, len(r.arena))
	for i := range r.values {
		if r.values[i] = nil; starts[i] < starts[i+1] {
			r.values[i] = r.arena[starts[i]:starts[i+1]]
		}
	}
	data, err := r.nest.Append(r.data[:0], r.values)
	if err != nil {
		return nil, model.Printable(err.Error())
	}
	r.data = data
	return data, ""
}

// Position implements Reader.
func (r *csvReader) Position() Position {
	return Position{Records: r.n, Lines: r.split.in.lines, Offset: r.split.in.offset}
}

// Restart implements Reader.
func (r *csvReader) Restart(in io.Reader, p Position) {
	r.split.in.restart(in, p)
	r.n = p.Records
}
