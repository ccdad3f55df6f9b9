package odata

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

func service() *Service {
	return &Service{Origin: "http://hub.example", Path: "/odata/v4", Namespace: "Test", Sets: []*Set{jobs()}}
}

type result struct {
	Context string           `json:"@odata.context"`
	Count   *int             `json:"@odata.count"`
	Value   []map[string]any `json:"value"`
	Next    string           `json:"@odata.nextLink"`
	Error   struct{ Code, Message string }
}

// ask sends one GET through the handler.
func ask(t testing.TB, s *Service, target string, headers ...string) (int, result) {
	t.Helper()
	r := httptest.NewRequestWithContext(context.Background(), http.MethodGet, target, nil)
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	var out result
	if strings.HasPrefix(w.Header().Get("Content-Type"), "application/json") {
		if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
			t.Fatalf("%v in %s", err, w.Body)
		}
	}
	return w.Code, out
}

func ids(r result) string {
	var out []string
	for _, row := range r.Value {
		out = append(out, fmt.Sprint(row["id"]))
	}
	return strings.Join(out, " ")
}

func query(pairs ...string) string {
	values := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		values.Add(pairs[i], pairs[i+1])
	}
	return "/odata/v4/Jobs?" + values.Encode()
}

func TestQueryOptions(t *testing.T) {
	for _, c := range []struct {
		query string
		want  string // ids, or the status of the error
		count int    // -1: absent
	}{
		{query(), "1 2 3 4", -1},
		{query("$top", "2"), "1 2", -1},
		{query("$top", "0"), "", -1},
		{query("$top", "0", "$count", "true"), "", 4},
		{query("$skip", "3"), "4", -1},
		{query("$skip", "9", "$count", "true"), "", 4},
		{query("$top", "1", "$skip", "1", "$count", "true"), "2", 4},
		{query("$count", "false"), "1 2 3 4", -1},
		{query("$filter", "id gt 1", "$top", "1", "$skip", "1", "$count", "true"), "3", 3},
		{query("$orderby", "pay"), "2 4 1 3", -1}, // null comes first
		{query("$orderby", "pay desc"), "3 1 4 2", -1},
		{query("$orderby", "load desc,id desc"), "4 2 1 3", -1},
		{query("$orderby", "remote asc, title"), "3 2 4 1", -1},
		{query("$orderby", "at desc", "$top", "1", "$filter", "id ne 4", "$count", "true"), "3", 3},
		{query("$format", "json"), "1 2 3 4", -1},
		{query("mine", "1"), "1 2 3 4", -1},
		{query("$top", "-1"), "400", 0},
		{query("$top", "x"), "400", 0},
		{query("$top", "99999999999999999999"), "400", 0},
		{query("$skip", ""), "400", 0},
		{query("$top", "1", "$top", "2"), "400", 0},
		{query("top", "1"), "400", 0},
		{query("$count", "yes"), "400", 0},
		{query("$select", "wages"), "400", 0},
		{query("$select", ""), "400", 0},
		{query("$orderby", ""), "400", 0},
		{query("$orderby", "id up"), "400", 0},
		{query("$orderby", "wages"), "400", 0},
		{query("$filter", ""), "400", 0},
		{"/odata/v4/Jobs?$filter=%zz", "400", 0},
		{query("$expand", "owner"), "501", 0},
		{query("$apply", "x"), "501", 0},
		{query("$search", "x"), "501", 0},
		{query("$Top", "1"), "501", 0},
		{query("$format", "xml"), "501", 0},
		{query("$select", "owner/name"), "501", 0},
		{query("$orderby", "length(title)"), "501", 0},
		{query("@p", "1"), "501", 0},
		{"/odata/v4/Jobs(1)", "501", 0},
		{"/odata/v4/Jobs/$count", "501", 0},
		{"/odata/v4/$batch", "501", 0},
		{"/odata/v4/Nobody", "404", 0},
	} {
		status, got := ask(t, service(), c.query)
		if status != http.StatusOK {
			if fmt.Sprint(status) != c.want || got.Error.Code == "" || got.Error.Message == "" {
				t.Errorf("%s: %d %+v, want %s", c.query, status, got.Error, c.want)
			}
			continue
		}
		if ids(got) != c.want || got.Value == nil || got.Next != "" {
			t.Errorf("%s: ids %q next %q, want %q", c.query, ids(got), got.Next, c.want)
		}
		if (got.Count == nil) != (c.count < 0) || got.Count != nil && *got.Count != c.count {
			t.Errorf("%s: count %v, want %d", c.query, got.Count, c.count)
		}
	}
}

func TestSelectGivesThePropertiesAndNamesThemInTheContext(t *testing.T) {
	_, got := ask(t, service(), query("$select", "pay, id", "$top", "2"))
	if len(got.Value[1]) != 2 || got.Value[1]["pay"] != nil || got.Value[1]["id"] != 2.0 {
		t.Errorf("row %v", got.Value[1])
	}
	if want := "http://hub.example/odata/v4/$metadata#Jobs(id,pay)"; got.Context != want {
		t.Errorf("context %s, want %s", got.Context, want)
	}
	if _, all := ask(t, service(), query("$select", "*")); len(all.Value[0]) != 8 {
		t.Errorf("$select=* gave %v", all.Value[0])
	}
}

func TestValuesAreWrittenAsTheirKind(t *testing.T) {
	_, got := ask(t, service(), query("$top", "1"))
	want := map[string]any{
		"id": 1.0, "title": "Buyer", "city": "Oslo", "remote": true, "load": 0.8, "pay": 100.0,
		"day": "2026-01-01", "at": "2026-01-01T08:00:00Z",
	}
	for name, v := range want {
		if got.Value[0][name] != v {
			t.Errorf("%s is %v, want %v", name, got.Value[0][name], v)
		}
	}
}

func TestMetadataDescribesTheSet(t *testing.T) {
	r := httptest.NewRequestWithContext(context.Background(), http.MethodGet, "/odata/v4/$metadata", nil)
	w := httptest.NewRecorder()
	service().ServeHTTP(w, r)
	var doc struct {
		XMLName xml.Name `xml:"http://docs.oasis-open.org/odata/ns/edmx Edmx"`
		Version string   `xml:",attr"`
		Schema  struct {
			XMLName    xml.Name `xml:"http://docs.oasis-open.org/odata/ns/edm Schema"`
			Namespace  string   `xml:",attr"`
			EntityType struct {
				Name string `xml:",attr"`
				Key  struct {
					PropertyRef struct {
						Name string `xml:",attr"`
					}
				}
				Property []struct {
					Name     string `xml:",attr"`
					Type     string `xml:",attr"`
					Nullable bool   `xml:",attr"`
				}
			}
			EntityContainer struct {
				EntitySet struct {
					Name       string `xml:",attr"`
					EntityType string `xml:",attr"`
				}
			}
		} `xml:"DataServices>Schema"`
	}
	if err := xml.Unmarshal(w.Body.Bytes(), &doc); err != nil {
		t.Fatal(err, w.Body)
	}
	schema := doc.Schema
	if doc.Version != "4.0" || schema.EntityType.Key.PropertyRef.Name != "id" || schema.EntityContainer.EntitySet.EntityType != "Test.Job" {
		t.Errorf("%+v", doc)
	}
	if len(schema.EntityType.Property) != 8 || schema.EntityType.Property[5].Type != "Edm.Int64" || !schema.EntityType.Property[5].Nullable {
		t.Errorf("properties %+v", schema.EntityType.Property)
	}
	if w.Header().Get("OData-Version") != "4.0" || w.Header().Get("Content-Type") != "application/xml" {
		t.Errorf("headers %v", w.Header())
	}
}

func TestServiceDocumentListsTheSets(t *testing.T) {
	status, got := ask(t, service(), "/odata/v4/")
	if status != http.StatusOK || len(got.Value) != 1 || got.Value[0]["url"] != "Jobs" {
		t.Errorf("%d %+v", status, got)
	}
}

func TestOnlyReading(t *testing.T) {
	r := httptest.NewRequestWithContext(context.Background(), http.MethodPost, "/odata/v4/Jobs", strings.NewReader("{}"))
	w := httptest.NewRecorder()
	service().ServeHTTP(w, r)
	if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "GET, HEAD" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
}
