package exporting

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"ferry/auth/transfer/record"
	"ferry/model"
)

// Limits on what is found out about columns.
const (
	maxFound   = 4 << 20  // bytes of the first page that are looked at for columns
	maxColumns = 24 << 10 // bytes of their names, which the checkpoint keeps
	maxStrange = 50       // names of later fields that are kept for the note
	maxShown   = 10       // of which the note shows
	maxName    = 80
)

// table is what CSV has to remember from page to page.
type table struct {
	Columns []string `json:"columns,omitempty"` // those that were discovered
	Strange []string `json:"strange,omitempty"` // fields that came later
	Lost    int64    `json:"lost,omitempty"`    // records that have such fields
}

// note says which fields are not in the file, "" when all are.
func (t *table) note() string {
	if t.Lost == 0 {
		return ""
	}
	shown := t.Strange[:min(len(t.Strange), maxShown)]
	more := ""
	if n := len(t.Strange) - len(shown); n > 0 {
		more = fmt.Sprintf(" and %d more", n)
		if len(t.Strange) == maxStrange {
			more = fmt.Sprintf(" and %d or more others", n)
		}
	}
	return fmt.Sprintf("records that came later have fields that are no column: %s%s (in %d records); name the columns with --columns",
		strings.Join(shown, ", "), more, t.Lost)
}

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

// discover takes the union of the fields of the records that wait, in order of appearance.
func (s *sheet) discover() error {
	var columns []string
	known := map[string]bool{}
	from, size := 0, 0
	for _, end := range s.ends {
		cells, err := record.Flatten(s.cells[:0], s.waiting[from:end])
		if err != nil {
			return err
		}
		from, s.cells = end, cells
		for _, c := range cells {
			if known[c.Name] {
				continue
			}
			known[c.Name] = true
			columns = append(columns, c.Name)
			if size += len(c.Name) + 3; size > maxColumns {
				return model.Errorf(model.EInvalid, "the records have more than %d fields, too many for columns", len(columns)-1).
					WithField("columns").WithNext("name the columns that are needed with --columns, or export NDJSON")
			}
		}
	}
	if columns == nil { // objects without any field
		columns = []string{"value"}
	}
	s.Columns = columns
	s.use(columns)
	return nil
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
	stray := s.place(cells)
	if stray >= 0 {
		s.strange(rec, cells)
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

// place puts cells below their columns and returns the first that has none, -1 if all have
// one. Records mostly look alike, so the next column is tried before the index.
func (s *sheet) place(cells []record.Cell) int {
	stray, next := -1, 0
	for i := range cells {
		if next >= len(s.columns) || s.columns[next] != cells[i].Name {
			at, ok := s.index[cells[i].Name]
			if !ok {
				if stray < 0 {
					stray = i
				}
				continue
			}
			next = at
		}
		s.row[next] = cells[i].Value
		next++
	}
	return stray
}

// strange deals with fields that are no column: a column that was named for all that lies
// below it gets that as JSON; what came after the columns were found is counted.
func (s *sheet) strange(rec []byte, cells []record.Cell) {
	if s.given {
		for i, name := range s.columns {
			if s.row[i] == nil {
				s.row[i] = record.Field(rec, name)
			}
		}
		return
	}
	lost := false
	for _, c := range cells {
		if _, ok := s.index[c.Name]; ok {
			continue
		}
		lost = true
		name := model.Printable(c.Name)
		if len(name) > maxName {
			name = strings.ToValidUTF8(name[:maxName], "") + "…"
		}
		if len(s.Strange) < maxStrange && !slices.Contains(s.Strange, name) {
			s.Strange = append(slices.Clip(s.Strange), name) // a mark may share what is there
		}
	}
	if lost {
		s.Lost++
	}
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
	if cap(text) <= largest {
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
