package exporting

import (
	"fmt"
	"slices"
	"strings"

	"ferry/auth/transfer/record"
	"ferry/model"
)

// Limits on what is found out about columns.
const (
	maxFound   = 4 << 20  // bytes of the first page that are looked at for columns
	maxColumns = 24 << 10 // bytes of their names, which the checkpoint keeps
	maxStrange = 50       // names of fields in no column that are kept for the note
	maxShown   = 10       // of which the note shows
	maxName    = 80
)

// table is what CSV has to remember from page to page.
type table struct {
	Columns []string `json:"columns,omitempty"` // those that were discovered
	Strange []string `json:"strange,omitempty"` // fields that are in no column
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
	return fmt.Sprintf("fields of %s are in no column, because they came later or a name came twice: %s%s; name the columns with --columns",
		count(t.Lost, "record"), strings.Join(shown, ", "), more)
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

// leftOver deals with cells that are in no column: a column that was named for all that
// lies below it gets that as JSON; where the columns were found, what is missing is counted.
func (s *sheet) leftOver(rec []byte, cells []record.Cell) {
	if s.given {
		for i, name := range s.columns {
			if s.row[i] == nil {
				s.row[i] = record.Field(rec, name)
			}
		}
		return
	}
	s.Lost++
	for _, c := range cells {
		if at, ok := s.index[c.Name]; ok && &s.row[at][0] == &c.Value[0] {
			continue
		}
		name := model.Printable(c.Name)
		if len(name) > maxName {
			name = strings.ToValidUTF8(name[:maxName], "") + "…"
		}
		if len(s.Strange) < maxStrange && !slices.Contains(s.Strange, name) {
			s.Strange = append(slices.Clip(s.Strange), name) // a mark may share what is there
		}
	}
}
