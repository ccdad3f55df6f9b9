package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// maxRecord is the most bytes a record that is written may have.
const maxRecord = 1 << 20

// record is an entry of a feed that can be written, known by its SKU.
type record[T any] interface {
	sku() string
	// with returns the record under the SKU of the path, ready to be stored.
	with(sku string, now time.Time) T
	// wrong says what is wrong with it, "" when nothing is.
	wrong() string
}

// feed is a mutable list of records in the order in which they were created. It is
// filled when it is first asked for: a start must not wait for 10,000 records.
type feed[T record[T]] struct {
	make func(i int) T

	fill  sync.Once
	mu    sync.Mutex
	order []string
	bySKU map[string]T
}

func (f *feed[T]) lock() {
	f.fill.Do(func() {
		f.order = make([]string, 0, Records)
		f.bySKU = make(map[string]T, Records)
		for i := range Records {
			r := f.make(i)
			f.order = append(f.order, r.sku())
			f.bySKU[r.sku()] = r
		}
	})
	f.mu.Lock()
}

func (f *feed[T]) page(p page) (out []T, total int) {
	f.lock()
	defer f.mu.Unlock()
	from, to := p.bounds(len(f.order))
	out = make([]T, 0, to-from)
	for _, sku := range f.order[from:to] {
		out = append(out, f.bySKU[sku])
	}
	return out, len(f.order)
}

func (f *feed[T]) get(sku string) (T, bool) {
	f.lock()
	defer f.mu.Unlock()
	r, ok := f.bySKU[sku]
	return r, ok
}

// put stores r and reports whether it is new. With create, one that is there already
// is left alone.
func (f *feed[T]) put(r T, create bool) (isNew bool) {
	f.lock()
	defer f.mu.Unlock()
	_, there := f.bySKU[r.sku()]
	if there && create {
		return false
	}
	if !there {
		f.order = append(f.order, r.sku())
	}
	f.bySKU[r.sku()] = r
	return !there
}

func (f *feed[T]) remove(sku string) bool {
	f.lock()
	defer f.mu.Unlock()
	if _, ok := f.bySKU[sku]; !ok {
		return false
	}
	delete(f.bySKU, sku)
	i := slices.Index(f.order, sku)
	f.order = slices.Delete(f.order, i, i+1)
	return true
}

// list answers one page of a feed as a JSON array, with Link: rel="next".
func list[T record[T]](s *system, f *feed[T]) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		p, err := readPage(r.URL.Query())
		if err != nil {
			refuse(w, http.StatusBadRequest, err.Error())
			return
		}
		out, total := f.page(p)
		p.head(w, s.url, r.URL.Path, total)
		reply(w, http.StatusOK, out)
	}
}

// item answers one record: GET, POST creates (409 when it exists), PUT creates or
// replaces, DELETE removes.
func item[T record[T]](s *system, f *feed[T]) http.Handler {
	return methods{
		http.MethodGet: func(w http.ResponseWriter, r *http.Request) {
			if one, ok := f.get(r.PathValue("sku")); ok {
				reply(w, http.StatusOK, one)
				return
			}
			refuse(w, http.StatusNotFound, "no such record")
		},
		http.MethodPost: func(w http.ResponseWriter, r *http.Request) { write(s, f, w, r, true) },
		http.MethodPut:  func(w http.ResponseWriter, r *http.Request) { write(s, f, w, r, false) },
		http.MethodDelete: func(w http.ResponseWriter, r *http.Request) {
			if !f.remove(r.PathValue("sku")) {
				refuse(w, http.StatusNotFound, "no such record")
				return
			}
			w.WriteHeader(http.StatusNoContent)
		},
	}
}

func write[T record[T]](s *system, f *feed[T], w http.ResponseWriter, r *http.Request, create bool) {
	sku := r.PathValue("sku")
	if !validSKU(sku) {
		refuse(w, http.StatusBadRequest, "a sku is 1 to 40 letters, digits, '.', '_' and '-'")
		return
	}
	one, err := decode[T](r.Body)
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	if given := one.sku(); given != "" && given != sku {
		refuse(w, http.StatusBadRequest, "sku differs from the one in the path")
		return
	}
	if wrong := one.wrong(); wrong != "" {
		refuse(w, http.StatusBadRequest, wrong)
		return
	}
	one = one.with(sku, s.now())
	isNew := f.put(one, create)
	switch {
	case isNew:
		reply(w, http.StatusCreated, one)
	case create:
		refuse(w, http.StatusConflict, "the record exists already; PUT replaces it")
	default:
		reply(w, http.StatusOK, one)
	}
}

// decode reads exactly one JSON object without unknown fields. The errors of
// encoding/json repeat what was sent, so only a field's name is taken from them.
func decode[T any](body io.Reader) (T, error) {
	var one T
	dec := json.NewDecoder(body)
	dec.DisallowUnknownFields()
	err := dec.Decode(&one)
	if mistyped := (*json.UnmarshalTypeError)(nil); errors.As(err, &mistyped) {
		return one, fmt.Errorf("%s has the wrong type", mistyped.Field)
	}
	if err != nil {
		return one, errors.New("the body must be one JSON object with known fields only")
	}
	if _, err := dec.Token(); err != io.EOF {
		return one, errors.New("there is something after the JSON object")
	}
	return one, nil
}

func validSKU(sku string) bool {
	return sku != "" && len(sku) <= 40 && !strings.ContainsFunc(sku, func(r rune) bool {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		return !letter && (r < '0' || r > '9') && !strings.ContainsRune("._-", r)
	})
}
