package paging

import (
	"bytes"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"ferry/model"
)

// hintWindow is how far from either end of a page its link or cursor is looked for.
const hintWindow = 2 << 10

// hint guesses the place of the following page before a held page is taken apart, so that
// it is fetched meanwhile. What the page says when it has been taken apart is what counts;
// a wrong guess is dropped. "" is no guess.
func (r *reader) hint(f *fetch, a *answer) string {
	limit := r.src.Reading.Limit
	if r.misses >= maxMisses || a.err != nil || a.late != nil || a.resp.Status/100 != 2 || limit > 0 && r.pos.Records+r.step >= limit || r.stopped() {
		return ""
	}
	c := r.src.Link.Client()
	switch r.plan.scheme {
	case model.PagingLink:
		target := nextOf(a.resp.Headers)
		if target == "" {
			return ""
		}
		next, err := resolve(&c, a.request, target)
		if err != nil {
			return ""
		}
		return next
	case model.PagingOData, model.PagingNext:
		target := near(*a.body.held, r.member)
		next, err := resolve(&c, a.request, target)
		// A record may hold a member of that name: a guess only leads to the same path.
		if target == "" || err != nil || before(next) != before(f.place) || next == f.place {
			return ""
		}
		return next
	case model.PagingCursor:
		if next := near(*a.body.held, r.member); next != f.place {
			return next
		}
	}
	return ""
}

func before(place string) string {
	path, _, _ := strings.Cut(place, "?")
	return path
}

// near returns the string or number of the member called name that stands near the end or
// the beginning of a page; "" when there is none.
func near(page []byte, name string) string {
	if name == "" {
		return ""
	}
	quoted := []byte(`"` + name + `"`)
	tail := page[max(0, len(page)-hintWindow):]
	at := bytes.LastIndex(tail, quoted)
	if at < 0 {
		tail = page[:min(len(page), hintWindow)]
		at = bytes.Index(tail, quoted)
	}
	if at < 0 {
		return ""
	}
	rest := bytes.TrimLeft(tail[at+len(quoted):], " \t\r\n")
	if len(rest) == 0 || rest[0] != ':' {
		return ""
	}
	v, err := jsontext.NewDecoder(bytes.NewBuffer(rest[1:])).ReadValue()
	switch {
	case err != nil:
		return ""
	case v.Kind() == '"':
		return unquote(v)
	case v.Kind() == '0':
		return string(v)
	}
	return ""
}
