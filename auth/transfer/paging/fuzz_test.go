package paging

import (
	"context"
	"encoding/json"
	"slices"
	"testing"
	"time"

	"ferry/model"
)

// canned is a Link that answers with one body, a few bytes at a time.
type canned []byte

func (canned) Client() model.Client { return model.Client{Name: "erp", BaseURL: "https://api.example"} }

func (c canned) Do(_ context.Context, r model.Request) (model.Response, error) {
	for part := range slices.Chunk(c, 37) {
		if _, err := r.Sink.Write(part); err != nil {
			return model.Response{}, err
		}
	}
	return model.Response{Status: 200, Size: int64(len(c))}, nil
}

// Whatever a page holds, it is read or refused; what is handed over is JSON; and a page that
// is held and one that streams are the same.
func FuzzPage(f *testing.F) {
	for _, seed := range []string{
		`[{"id":1},2,"x",null,[]]`, `{"items":[{"id":1}],"next":"/x?page=2","total":5}`, `{"a":{"b":[1]},"links":[{"rel":"next","href":"/y"}]}`,
		`{"items":null}`, `{}`, `[`, `{"items":[{"a":1,"a":2}]}`, "\ufeff[]", `[] []`, `{"d":{"results":[],"__next":"z"}}`, `{"items":{"x":1}}`, `<html>`, ``,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, items := range []string{"-", "items", "a.b", "d.results", ""} {
			var first *taker
			var failed error
			for _, held := range []int{0, 5} {
				if items == "" && held > 0 {
					continue // what is found depends on how much of it is seen
				}
				s := &Source{Link: canned(body), Endpoint: model.Endpoint{Path: "/x"}, held: held, wait: func(context.Context, time.Duration) error { return nil }}
				k := &taker{}
				p := Position{Page: 1, Records: 1, Items: items, Paging: "none", Next: "/x"}
				_, err := s.Each(t.Context(), p, k)
				if err == nil && !k.last.Over {
					t.Errorf("%s: it goes on: %+v", items, k.last)
				}
				for _, rec := range k.records {
					if !json.Valid([]byte(rec)) {
						t.Errorf("%s: %q is no JSON", items, rec)
					}
				}
				if first == nil {
					first, failed = k, err
				} else if (err == nil) != (failed == nil) || !slices.Equal(k.records, first.records) {
					t.Errorf("%s: held %q %v, streamed %q %v", items, first.records, failed, k.records, err)
				}
			}
		}
	})
}
