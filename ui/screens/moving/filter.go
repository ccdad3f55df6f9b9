package moving

import (
	"strings"

	"ferry/model"
	"ferry/model/transfers"
)

// Filter appends the positions of the rows in which every word of query occurs: in the
// title, the kind, the phase, the paths, the file or the names of the clients.
func Filter(dst []int, rows []transfers.Status, query string) []int {
	words := model.Words(query)
	for i := range rows {
		s := &rows[i]
		t := &s.Transfer
		text := strings.ToLower(strings.Join([]string{
			s.Title(), string(t.Kind), Word(s.Phase), t.Source.Path, t.Target.Path, t.File.Path, s.SourceName, s.TargetName,
		}, "\n"))
		if model.HasWords(text, words) {
			dst = append(dst, i)
		}
	}
	return dst
}
