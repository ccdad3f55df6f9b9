package exporting

import (
	"bytes"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"ferry/auth/transfer/record"
	"ferry/model"
)

// sheet is CSV as RFC 4180 has it, lines ended by a line feed alone.
type sheet struct {
	table
	comma   string
	raw     bool
	given   bool           // the columns were named: other fields are left out on purpose
	columns []string       // in use, nil until they are known
	index   map[string]int // their places
	waiting []byte         // records of the first page that has any
	ends    []int          // where each of them ends
	cells   []record.Cell
	row     [][]byte
	text    []byte
	special [256]bool // bytes that may ask for quotes
}

func newSheet(f *model.TransferFile, t table) *sheet {
	s := &sheet{table: t, comma: f.Comma, raw: f.CSVRaw, given: len(f.Columns) > 0}
	if s.comma == "" {
		s.comma = ","
	}
	for _, c := range []byte{'"', '\n', '\r', s.comma[0]} {
		s.special[c] = true
	}
	if s.given {
		s.use(f.Columns)
	} else if t.Columns != nil {
		s.use(t.Columns)
	}
	return s
}

func (s *sheet) use(columns []string) {
	s.columns, s.index = columns, make(map[string]int, len(columns))
	for i, c := range columns {
		s.index[c] = i
	}
	s.row = make([][]byte, len(columns))
}

func (s *sheet) mark() table { return s.table }

func (s *sheet) undo(t table) {
	s.table, s.waiting, s.ends = t, s.waiting[:0], s.ends[:0]
	if !s.given && t.Columns == nil {
		s.columns = nil
	}
}

func (s *sheet) record(dst, rec []byte, n int64) ([]byte, error) {
	if s.columns == nil {
		s.waiting = append(s.waiting, rec...)
		s.ends = append(s.ends, len(s.waiting))
		if len(s.waiting) < maxFound {
			return dst, nil
		}
		return s.pageEnd(dst)
	}
	if n == 0 {
		dst = s.header(dst)
	}
	return s.line(dst, rec)
}

// pageEnd finds the columns in what waited for them.
func (s *sheet) pageEnd(dst []byte) (_ []byte, err error) {
	if s.columns != nil || len(s.ends) == 0 {
		return dst, nil
	}
	if err := s.discover(); err != nil {
		return dst, err
	}
	dst = s.header(dst)
	from := 0
	for _, end := range s.ends {
		if dst, err = s.line(dst, s.waiting[from:end]); err != nil {
			return dst, err
		}
		from = end
	}
	s.waiting, s.ends = nil, nil
	return dst, nil
}

// end appends the header when there was no record and the columns are known.
func (s *sheet) end(dst []byte, n int64) ([]byte, error) {
	if n == 0 && s.columns != nil {
		dst = s.header(dst)
	}
	return dst, nil
}

func (s *sheet) header(dst []byte) []byte {
	for i, c := range s.columns {
		if i > 0 {
			dst = append(dst, s.comma...)
		}
		dst = s.cell(dst, []byte(c), true)
	}
	return append(dst, '\n')
}

func (s *sheet) line(dst, rec []byte) ([]byte, error) {
	cells, err := record.Flatten(s.cells[:0], rec)
	if err != nil {
		return dst, err
	}
	s.cells = cells
	clear(s.row)
	if s.place(cells) {
		s.leftOver(rec, cells)
	}
	for i, value := range s.row {
		if i > 0 {
			dst = append(dst, s.comma...)
		}
		if dst, err = s.value(dst, value); err != nil {
			return dst, err
		}
	}
	return append(dst, '\n'), nil
}

// place puts cells below their columns and reports whether one was left over: it has no
// column, or another of its name came before it. Records mostly look alike, so the next
// column is tried before the index.
func (s *sheet) place(cells []record.Cell) (left bool) {
	next := 0
	for i := range cells {
		if next >= len(s.columns) || s.columns[next] != cells[i].Name {
			at, ok := s.index[cells[i].Name]
			if !ok {
				left = true
				continue
			}
			next = at
		}
		if s.row[next] != nil {
			left = true
			continue
		}
		s.row[next] = cells[i].Value
		next++
	}
	return left
}

// value appends a JSON value as a cell.
func (s *sheet) value(dst, value []byte) ([]byte, error) {
	switch {
	case len(value) == 0 || value[0] == 'n':
		return s.cell(dst, nil, false), nil
	case value[0] == '"':
		text, err := s.unquote(value)
		return s.cell(dst, text, true), err
	case value[0] == '{' || value[0] == '[':
		text, err := record.AppendLine(s.text[:0], value)
		s.text = text
		return s.cell(dst, text, false), err
	}
	return s.cell(dst, value, false), nil // a number, true or false
}

// unquote returns the text of a JSON string, valid until the next call.
func (s *sheet) unquote(value []byte) ([]byte, error) {
	if bytes.IndexByte(value, '\\') < 0 {
		return value[1 : len(value)-1], nil
	}
	text, err := jsontext.AppendUnquote(s.text[:0], value)
	if cap(text) <= chunk {
		s.text = text
	}
	return text, err
}

// cell appends one cell; text may be taken for a formula where a number cannot.
func (s *sheet) cell(dst, cell []byte, text bool) []byte {
	formula := text && !s.raw && Formula(cell)
	if !formula && !s.quoted(cell) {
		return append(dst, cell...)
	}
	dst = append(dst, '"')
	if formula {
		dst = append(dst, '\'')
	}
	for {
		i := bytes.IndexByte(cell, '"')
		if i < 0 {
			break
		}
		dst = append(append(dst, cell[:i+1]...), '"')
		cell = cell[i+1:]
	}
	return append(append(dst, cell...), '"')
}

// quoted reports whether a cell stands in quotes: where RFC 4180 asks for it, around blanks
// at its ends that readers trim, and where a line of one empty cell would be no line.
func (s *sheet) quoted(cell []byte) bool {
	if len(cell) == 0 {
		return len(s.columns) == 1
	}
	if c := cell[0]; c == ' ' || c == '\t' {
		return true
	}
	if c := cell[len(cell)-1]; c == ' ' || c == '\t' {
		return true
	}
	for i, c := range cell {
		if s.special[c] && (c < utf8.RuneSelf || bytes.HasPrefix(cell[i:], []byte(s.comma))) {
			return true
		}
	}
	return false
}
