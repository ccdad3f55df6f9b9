package paging

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"ferry/auth/call"
	"ferry/model"
)

// Parameters of the endpoint are kept, and replaced where the scheme has its own.
func TestRequests(t *testing.T) {
	five := 5
	e := model.Endpoint{Path: "/items?a=b%20c&page=3&size=5&x", Query: []model.Param{{Name: "q", Value: "1"}, {Name: "page", Value: "4"}}, Headers: []model.Param{{Name: "X-A", Value: "1"}}}
	for name, tc := range map[string]struct {
		e     model.Endpoint
		read  model.Reading
		place string
		want  string
	}{
		"as it is":         {e, model.Reading{}, "", "/items?a=b%20c&page=3&size=5&x&q=1&page=4"},
		"a page":           {e, model.Reading{Paging: model.PagingPage}, "7", "/items?a=b%20c&size=5&x&q=1&page=7"},
		"a size":           {e, model.Reading{Paging: model.PagingPage, PageSize: 50}, "7", "/items?a=b%20c&x&q=1&size=50&page=7"},
		"names":            {e, model.Reading{PageParam: "p", SizeParam: "n", PageSize: 50, FirstPage: &five}, "5", "/items?a=b%20c&page=3&size=5&x&q=1&page=4&n=50&p=5"},
		"since":            {e, model.Reading{SinceParam: "updated>", Since: "2026-01-01T00:00:00+02:00"}, "", "/items?a=b%20c&page=3&size=5&x&q=1&page=4&updated%3E=2026-01-01T00:00:00%2B02:00"},
		"an offset":        {model.Endpoint{Path: "/items"}, model.Reading{Paging: model.PagingOffset, PageSize: 50}, "100", "/items?limit=50&offset=100"},
		"skip":             {model.Endpoint{Path: "/items"}, model.Reading{PageParam: "$skip", SizeParam: "$top", PageSize: 50}, "100", "/items?$top=50&$skip=100"},
		"a cursor":         {model.Endpoint{Path: "/items?cursor=old"}, model.Reading{CursorParam: "cursor"}, "a&b=", "/items?cursor=a%26b%3D"},
		"json-server":      {model.Endpoint{Path: "/items?_page=1"}, model.Reading{Paging: model.PagingPage, PageSize: 50}, "2", "/items?_per_page=50&_page=2"},
		"a link":           {e, model.Reading{Paging: model.PagingNext, PageSize: 9, SinceParam: "s", Since: "1"}, "/items?z=1", "/items?z=1"},
		"an encoded name":  {model.Endpoint{Path: "/items?page%5Bnumber%5D=1&b"}, model.Reading{Paging: model.PagingPage}, "2", "/items?b&page%5Bnumber%5D=2"},
		"nothing is left":  {model.Endpoint{Path: "/items?page=1"}, model.Reading{Paging: model.PagingPage}, "2", "/items?page=2"},
		"the base URL":     {model.Endpoint{Path: ""}, model.Reading{Paging: model.PagingPage}, "2", "?page=2"},
		"OData asks so":    {model.Endpoint{Path: "/P?$top=5"}, model.Reading{Paging: model.PagingOData, PageSize: 50}, "", "/P?$top=5"},
		"its own $top too": {model.Endpoint{Path: "/P?$top=5"}, model.Reading{Paging: model.PagingOData, PageSize: 50, SizeParam: "$top"}, "", "/P?$top=50"},
	} {
		p := newPlan(tc.e, tc.read)
		c := model.Client{Name: "erp", BaseURL: "https://api.example"}
		u, err := call.BuildURL(&c, p.request(tc.place))
		if err != nil || u.RequestURI() != slash(tc.want) {
			t.Errorf("%s: %v %v, want %s", name, u, err, tc.want)
		}
	}
	if diff := cmp.Diff(model.Endpoint{Path: "/items?a=b%20c&page=3&size=5&x", Query: []model.Param{{Name: "q", Value: "1"}, {Name: "page", Value: "4"}}, Headers: []model.Param{{Name: "X-A", Value: "1"}}}, e); diff != "" {
		t.Errorf("the endpoint was changed:\n%s", diff)
	}
	p := newPlan(model.Endpoint{}, model.Reading{Paging: model.PagingOData, PageSize: 50})
	if h := p.request("").Headers; len(h) != 1 || h[0].Name != "Prefer" || h[0].Value != "odata.maxpagesize=50" {
		t.Errorf("headers %v", h)
	}
}

func slash(s string) string {
	if s[0] == '?' {
		return "/" + s
	}
	return s
}

func TestCheck(t *testing.T) {
	bad := -1
	compile := func(string) (model.Filter, error) {
		return nil, model.Errorf(model.EInvalid, "the filter does not parse")
	}
	err := Check(&model.Reading{Paging: "pages", Items: "{", PageSize: -1, FirstPage: &bad, Limit: -1, Since: "x", PageParam: "a\n", CursorField: "\x00"}, compile)
	var fields []string
	for _, f := range model.AsError(err).Fields {
		fields = append(fields, f.Field)
	}
	if diff := cmp.Diff([]string{"paging", "items", "page_size", "first_page", "limit", "since_param", "page_param", "cursor_field"}, fields); diff != "" || model.CodeOf(err) != model.EInvalid {
		t.Errorf("%v\n%s", err, diff)
	}
	zero := 0
	for _, ok := range []model.Reading{{}, {Items: ".a.b[]"}, {PageSize: 5, PageParam: "p"}, {PageSize: 5, SizeParam: "n"}, {Items: "."}, {Paging: model.PagingCursor, CursorField: "a.b", Limit: 5, PageSize: 5, FirstPage: &zero}, {SinceParam: "x"}} {
		if err := Check(&ok, compile); err != nil {
			t.Errorf("%+v: %v", ok, err)
		}
	}
	s := source(t, "/items", nil)
	s.Reading.PageSize = 100
	_, _, err = read(t, s)
	if e := model.AsError(err); e.Code != model.EInvalid || e.Field != "size_param" {
		t.Errorf("%v", err)
	}
}
