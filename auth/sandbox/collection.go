package sandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// maxRecord is the most bytes a record, or a list of them, may have that is written.
const maxRecord = 1 << 20

// list answers one page of a feed as a JSON array, with Link: rel="next", and an ETag by
// which somebody who has it already is told so. ?updatedSince= leaves out what was not
// changed since then.
func list[T record[T]](s *system, f *feed[T]) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		p, err := readPage(r.URL.Query())
		if err != nil {
			refuse(w, http.StatusBadRequest, err.Error())
			return
		}
		var since time.Time
		if text := r.URL.Query().Get("updatedSince"); text != "" {
			if since, err = time.Parse(time.RFC3339, text); err != nil {
				refuse(w, http.StatusBadRequest, "updatedSince must be a time, as in 2026-01-05T08:00:00Z")
				return
			}
		}
		out, total, version := f.page(p, since)
		tag := `"v` + strconv.Itoa(version) + `"`
		w.Header().Set("ETag", tag)
		if matches(r.Header.Values("If-None-Match"), tag) {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		p.head(w, s.url, r.URL, total)
		reply(w, http.StatusOK, out)
	}
}

// collection answers a feed as list does; POST creates one record (409 when it exists), or
// creates and replaces those of an array: all of them, or none when one is wrong.
func collection[T record[T]](s *system, f *feed[T]) http.Handler {
	return methods{
		http.MethodGet: list(s, f),
		http.MethodPost: func(w http.ResponseWriter, r *http.Request) {
			body, err := io.ReadAll(r.Body)
			if err != nil {
				refuse(w, http.StatusBadRequest, "the body could not be read")
				return
			}
			if bytes.HasPrefix(bytes.TrimSpace(body), []byte("[")) {
				writeAll(s, f, w, body)
				return
			}
			one, err := decode[T](bytes.NewReader(body))
			if err != nil {
				refuse(w, http.StatusBadRequest, err.Error())
				return
			}
			if wrong := fault(one, one.sku()); wrong != "" {
				refuse(w, http.StatusBadRequest, wrong)
				return
			}
			w.Header().Set("Location", s.url+r.URL.Path+"/"+one.sku())
			answerWrite(w, f, one.with(one.sku(), s.now()), true, s.now(), nil)
		},
	}
}

func writeAll[T record[T]](s *system, f *feed[T], w http.ResponseWriter, body []byte) {
	var parts []json.RawMessage
	if err := json.Unmarshal(body, &parts); err != nil {
		refuse(w, http.StatusBadRequest, "the body must be one JSON object, or an array of them")
		return
	}
	all := make([]T, len(parts))
	for i, part := range parts {
		one, err := decode[T](bytes.NewReader(part))
		wrong := fault(one, one.sku())
		if err != nil {
			wrong = err.Error()
		}
		if wrong != "" {
			refuse(w, http.StatusBadRequest, fmt.Sprintf("record %d: %s", i+1, wrong))
			return
		}
		all[i] = one.with(one.sku(), s.now())
	}
	n := map[outcome]int{}
	for _, one := range all {
		_, what := f.put(one, false, s.now(), nil)
		n[what]++
	}
	reply(w, http.StatusOK, map[string]int{"created": n[created], "updated": n[replaced], "unchanged": n[unchanged]})
}

// item answers one record: GET, POST creates (409 when it exists), PUT creates or
// replaces, DELETE removes. Answers carry an ETag; If-Match and If-None-Match are kept to
// (RFC 9110 §13.1).
func item[T record[T]](s *system, f *feed[T]) http.Handler {
	return methods{
		http.MethodGet: func(w http.ResponseWriter, r *http.Request) {
			one, ok := f.get(r.PathValue("sku"))
			if !ok {
				refuse(w, http.StatusNotFound, "no such record")
				return
			}
			w.Header().Set("ETag", etag(one))
			if matches(r.Header.Values("If-None-Match"), etag(one)) {
				w.WriteHeader(http.StatusNotModified)
				return
			}
			reply(w, http.StatusOK, one)
		},
		http.MethodPost: func(w http.ResponseWriter, r *http.Request) { write(s, f, w, r, true) },
		http.MethodPut:  func(w http.ResponseWriter, r *http.Request) { write(s, f, w, r, false) },
		http.MethodDelete: func(w http.ResponseWriter, r *http.Request) {
			switch f.remove(r.PathValue("sku"), conditionOf(r)) {
			case absent:
				refuse(w, http.StatusNotFound, "no such record")
			case failed:
				refuse(w, http.StatusPreconditionFailed, changedMeanwhile)
			default:
				w.WriteHeader(http.StatusNoContent)
			}
		},
	}
}

const changedMeanwhile = "the record is not as If-Match or If-None-Match says"

// conditionOf is what the headers of a request ask of the record that it changes.
func conditionOf(r *http.Request) condition {
	match, none := r.Header.Values("If-Match"), r.Header.Values("If-None-Match")
	if len(match)+len(none) == 0 {
		return nil
	}
	return func(tag string, there bool) bool {
		if len(match) > 0 && !(there && matches(match, tag)) {
			return false
		}
		return !(there && matches(none, tag))
	}
}

// matches reports whether one of the tags in the lines of a header is tag, or "*".
func matches(lines []string, tag string) bool {
	for _, line := range lines {
		for one := range strings.SplitSeq(line, ",") {
			if one = strings.TrimPrefix(strings.TrimSpace(one), "W/"); one == "*" || one == tag {
				return true
			}
		}
	}
	return false
}

func write[T record[T]](s *system, f *feed[T], w http.ResponseWriter, r *http.Request, create bool) {
	sku := r.PathValue("sku")
	one, err := decode[T](r.Body)
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	if wrong := fault(one, sku); wrong != "" {
		refuse(w, http.StatusBadRequest, wrong)
		return
	}
	answerWrite(w, f, one.with(sku, s.now()), create, s.now(), conditionOf(r))
}

// fault says what is wrong with a record that is written under a SKU.
func fault[T record[T]](one T, sku string) string {
	switch {
	case !validSKU(sku):
		return "a sku is 1 to 40 letters, digits, '.', '_' and '-'"
	case one.sku() != "" && one.sku() != sku:
		return "sku differs from the one in the path"
	}
	return one.wrong()
}

func answerWrite[T record[T]](w http.ResponseWriter, f *feed[T], one T, create bool, now time.Time, may condition) {
	one, what := f.put(one, create, now, may)
	switch what {
	case taken:
		w.Header().Del("Location")
		refuse(w, http.StatusConflict, "the record exists already; PUT replaces it")
		return
	case failed:
		refuse(w, http.StatusPreconditionFailed, changedMeanwhile)
		return
	}
	w.Header().Set("ETag", etag(one))
	status := http.StatusOK
	if what == created {
		status = http.StatusCreated
	}
	reply(w, status, one)
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
