package calls_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"ferry/model"
	"ferry/model/calls"
	"ferry/model/clients"
)

// service answers every call with one body.
type service struct {
	answer model.Response
	got    model.Request
}

func (s *service) Do(_ context.Context, _ model.Client, _ model.Token, r model.Request) (model.Response, error) {
	s.got = r
	return s.answer, nil
}

// CASES Client side: an OData service is asked for its metadata, and what is none is an
// error of the other system.
func TestEntitySetsAreReadFromTheMetadata(t *testing.T) {
	b := newBench(t)
	api := &service{answer: model.Response{Status: 200, Body: []byte(
		`<Edmx><Schema Namespace="n"><EntityType Name="T"/><EntityContainer><EntitySet Name="Things" EntityType="n.T"/></EntityContainer></Schema></Edmx>`,
	)}}
	s := calls.New(b.store, nil, api, func() time.Time { return start }, model.NewID)
	c := b.client(func(d *clients.Draft) {
		d.Method, d.TokenURL, d.ClientID, d.ClientSecret = "", "", "", clients.SecretEdit{}
	})
	for path, want := range map[string]string{
		"": "/$metadata", "/": "/$metadata", "odata/v4": "/odata/v4/$metadata", "/odata/v4/": "/odata/v4/$metadata",
		"/x/$metadata": "/x/$metadata", "$metadata": "/$metadata", "/sap/opu?sap-client=100": "/sap/opu/$metadata?sap-client=100",
	} {
		sets, err := s.Sets(b.ctx, b.space, c, path)
		if err != nil || len(sets) != 1 || sets[0].Name != "Things" || sets[0].Type != "n.T" {
			t.Fatalf("%q: %v, %v", path, sets, err)
		}
		if api.got.Path != want || api.got.Method != "GET" || len(api.got.Headers) != 1 {
			t.Errorf("%q asks for %+v, want %s", path, api.got, want)
		}
	}
	for want, answer := range map[string]model.Response{
		"answered 404 Not Found":    {Status: 404, Body: []byte("no")},
		"the document is JSON":      {Status: 200, Body: []byte("{}")},
		"no schema of OData":        {Status: 200, Body: []byte("<html></html>")},
		"is larger than 8 MiB":      {Status: 200, Truncated: true},
		"the other system answered": {Status: 302},
	} {
		api.answer = answer
		_, err := s.Sets(b.ctx, b.space, c, "")
		if e := model.AsError(err); err == nil || e.Code != model.EUpstream || e.Field != "path" || !strings.Contains(e.Message, want) {
			t.Errorf("%v: %+v", err, e)
		}
	}
}
