package odata

import (
	"bytes"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// MaxPage is the most rows of one answer; more follow by @odata.nextLink.
const MaxPage = 1000

// Service is an OData service: a handler for everything below Path.
type Service struct {
	Origin    string // "https://host:port", for the links in answers
	Path      string // "/odata/v4", without a slash at its end
	Namespace string // of the entity types
	Sets      []*Set
	// Fault says how an error of a set's Each is answered; nil answers every one 500.
	Fault func(error) *Error
}

// ServeHTTP answers the service document, $metadata and the sets.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		(&Error{http.StatusMethodNotAllowed, "this feed can be read only"}).write(w)
		return
	}
	name := strings.TrimPrefix(strings.TrimPrefix(r.URL.Path, s.Path), "/")
	switch name {
	case "":
		s.document(w)
		return
	case "$metadata":
		s.metadata(w)
		return
	}
	if i := slices.IndexFunc(s.Sets, func(set *Set) bool { return set.Name == name }); i >= 0 {
		s.set(w, r, s.Sets[i])
		return
	}
	s.unknown(name).write(w)
}

// unknown tells resources that OData has below a set from names that nobody has.
func (s *Service) unknown(name string) *Error {
	if strings.HasPrefix(name, "$") {
		return unsupported("%s", name)
	}
	for _, set := range s.Sets {
		if rest, ok := strings.CutPrefix(name, set.Name); ok && (rest[0] == '(' || rest[0] == '/') {
			return unsupported("a resource below %s", set.Name)
		}
	}
	return &Error{http.StatusNotFound, "there is no such entity set; the service document lists them"}
}

func (s *Service) set(w http.ResponseWriter, r *http.Request, set *Set) {
	q, fault := ParseQuery(set, r.URL.RawQuery)
	if fault != nil {
		fault.write(w)
		return
	}
	size, preferred := pageSize(r.Header)
	page, err := Run(r.Context(), set, q, size)
	if r.Context().Err() != nil {
		panic(http.ErrAbortHandler) // the caller left
	}
	if err != nil {
		s.fault(err).write(w)
		return
	}
	if preferred {
		w.Header().Set("Preference-Applied", "odata.maxpagesize="+strconv.Itoa(size))
	}
	next := ""
	if page.More {
		next = s.next(r, set, q, page.Rows)
	}
	body := s.encode(set, q, page, next)
	head(w, http.StatusOK)
	_, _ = w.Write(body) // the client may have gone
}

func (s *Service) fault(err error) *Error {
	if e := (*Error)(nil); errors.As(err, &e) {
		return e
	}
	if s.Fault != nil {
		return s.Fault(err)
	}
	return &Error{http.StatusInternalServerError, "the rows could not be read"}
}

// pageSize honours Prefer: odata.maxpagesize=n (Protocol 4.0 §8.2.8.5), up to MaxPage.
func pageSize(h http.Header) (size int, preferred bool) {
	for _, line := range h.Values("Prefer") {
		for item := range strings.SplitSeq(line, ",") {
			name, value, _ := strings.Cut(strings.TrimSpace(item), "=")
			if name != "odata.maxpagesize" && name != "maxpagesize" {
				continue
			}
			if n, err := strconv.Atoi(strings.Trim(value, `"`)); err == nil && n > 0 {
				return min(n, MaxPage), true
			}
		}
	}
	return MaxPage, false
}

// next links to what follows: the same query, further on.
func (s *Service) next(r *http.Request, set *Set, q Query, rows [][]any) string {
	values := r.URL.Query()
	if set.Each == nil {
		values.Set("$skip", strconv.Itoa(q.Skip+len(rows)))
	} else {
		values.Del("$skip")
		values.Set(tokenOption, skipToken(set, q, rows[len(rows)-1]))
	}
	if q.Top >= 0 {
		values.Set("$top", strconv.Itoa(q.Top-len(rows)))
	}
	// A $ needs no escape in a query, and a link is read by people too.
	link := url.URL{Path: s.Path + "/" + set.Name, RawQuery: strings.ReplaceAll(values.Encode(), "%24", "$")}
	return s.Origin + link.String()
}

func (s *Service) encode(set *Set, q Query, page Page, next string) []byte {
	columns, context := q.Select, set.Name
	if columns == nil {
		for i := range set.Properties {
			columns = append(columns, i)
		}
	} else {
		context += "(" + names(set, columns) + ")"
	}
	var b bytes.Buffer
	b.WriteString(`{"@odata.context":`)
	b.Write(quoteJSON(s.Origin + s.Path + "/$metadata#" + context))
	if page.Total >= 0 {
		b.WriteString(`,"@odata.count":` + strconv.Itoa(page.Total))
	}
	b.WriteString(`,"value":[`)
	for n, row := range page.Rows {
		if n > 0 {
			b.WriteByte(',')
		}
		for k, i := range columns {
			b.WriteByte("{,"[min(k, 1)])
			b.WriteString(`"` + set.Properties[i].Name + `":`)
			appendValue(&b, set.Properties[i].Kind, row[i])
		}
		b.WriteByte('}')
	}
	b.WriteByte(']')
	if next != "" {
		b.WriteString(`,"@odata.nextLink":`)
		b.Write(quoteJSON(next))
	}
	b.WriteString("}\n")
	return b.Bytes()
}

func names(set *Set, columns []int) string {
	out := make([]string, len(columns))
	for k, i := range columns {
		out[k] = set.Properties[i].Name
	}
	return strings.Join(out, ",")
}
