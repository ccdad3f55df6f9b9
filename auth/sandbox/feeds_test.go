package sandbox

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// get asks for a page with the authorisation of a client.
func (b *bench) get(path string, auth []string) answer {
	b.t.Helper()
	return b.do(http.MethodGet, path, "", auth...)
}

func TestUsersBeginWithAUserName(t *testing.T) {
	b := start(t)
	auth := b.auth("hr")
	a := b.get("/restApi/dvinciUsers/", auth).want(t, http.StatusOK)
	if !strings.HasPrefix(string(a.body), `[{"userName":"`) {
		t.Errorf("body begins with %.40s", a.body)
	}
	var users []user
	a.decode(t, &users)
	if len(users) != defaultSize || users[0].UserName == "" {
		t.Errorf("%d users, the first is %+v", len(users), users[0])
	}
	if same := b.get("/restApi/dvinciUsers", auth).want(t, http.StatusOK); string(same.body) != string(a.body) {
		t.Error("without the slash at the end it is another answer")
	}
}

// walk follows rel="next" links and returns how many records each page had and all keys.
func (b *bench) walk(path, key string, auth []string) (pages int, keys map[string]bool) {
	b.t.Helper()
	keys = map[string]bool{}
	for path != "" {
		a := b.get(path, auth).want(b.t, http.StatusOK)
		var rows []map[string]any
		a.decode(b.t, &rows)
		for _, row := range rows {
			keys[fmt.Sprint(row[key])] = true
		}
		pages++
		path = ""
		if link := a.Header.Get("Link"); link != "" {
			path = strings.TrimSuffix(strings.TrimPrefix(link, "<"), `>; rel="next"`)
		}
		if a.Header.Get("X-Total-Count") == "" {
			b.t.Error("no X-Total-Count")
		}
	}
	return pages, keys
}

func TestEveryFeedHolds10000Records(t *testing.T) {
	b := start(t)
	for path, c := range map[string][2]string{
		"/restApi/dvinciUsers/?size=1000": {"hr", "userName"},
		"/erp/products?page=1&size=999":   {"erp", "sku"},
		"/erp/secure/prices?size=1000":    {"erp-secure", "sku"},
	} {
		pages, keys := b.walk(path, c[1], b.auth(c[0]))
		if len(keys) != Records || pages < 10 || pages > 11 {
			t.Errorf("%s: %d distinct %s on %d pages", path, len(keys), c[1], pages)
		}
	}
}

func TestPagesOutOfRange(t *testing.T) {
	b := start(t)
	auth := b.auth("erp")
	for query, want := range map[string]int{
		"page=0": 400, "page=x": 400, "size=0": 400, "size=1001": 400, "page=": 400, "page=-1": 400, "page=99999999999": 400,
		"page=10001&size=1": 200, "page=1000000&size=1000": 200,
	} {
		a := b.get("/erp/products?"+query, auth).want(t, want)
		if want == 200 && string(a.body) != "[]\n" {
			t.Errorf("%s: %s", query, a.body)
		}
	}
}

func TestOrdersCursor(t *testing.T) {
	b := start(t)
	auth := b.auth("analytics")
	seen := map[string]bool{}
	next := ""
	for pages := 0; ; pages++ {
		var out struct {
			Data []order
			Next *string `json:"next_cursor"`
		}
		path := "/data-api/v1/orders?limit=999"
		if next != "" {
			path += "&cursor=" + url.QueryEscape(next)
		}
		b.get(path, auth).want(t, http.StatusOK).decode(t, &out)
		for _, o := range out.Data {
			seen[o.ID] = true
		}
		if out.Next == nil {
			break
		}
		if next = *out.Next; pages > 11 {
			t.Fatal("the cursor never ends")
		}
	}
	if len(seen) != Records {
		t.Errorf("%d orders, want %d", len(seen), Records)
	}
	for _, query := range []string{"limit=0", "limit=1001", "cursor=", "cursor=abc", "cursor=" + cursor(5)[1:]} {
		b.get("/data-api/v1/orders?"+query, auth).want(t, http.StatusBadRequest)
	}
}

func FuzzCursor(f *testing.F) {
	f.Add("")
	f.Add(cursor(0))
	f.Add(cursor(Records))
	f.Fuzz(func(t *testing.T, c string) {
		if n, ok := readCursor(c); ok && (cursor(n) != c || n < 0 || n > Records) {
			t.Fatalf("%q is taken for %d", c, n)
		}
	})
}

func TestCursorsReadBack(t *testing.T) {
	for n := range Records + 1 {
		if got, ok := readCursor(cursor(n)); !ok || got != n {
			t.Fatalf("cursor of %d reads back as %d, %t", n, got, ok)
		}
	}
	if _, ok := readCursor(cursor(Records + 1)); ok {
		t.Error("a cursor past the end is taken")
	}
}

// TestDataIsTheSameOnEachRun holds the bytes by their digest: whoever changes the data
// on purpose changes this line too.
func TestDataIsTheSameOnEachRun(t *testing.T) {
	h := sha256.New()
	for _, c := range start(t).Clients() {
		for _, path := range c.Paths {
			b := start(t)
			a := b.get(path, b.auth(c.Name)).want(t, http.StatusOK)
			body := strings.ReplaceAll(string(a.body), b.URL(), "")
			fmt.Fprintln(h, len(body), body)
		}
	}
	const want = "30dfa14fc87ba6b4a7dc55da8bdb6356e8d804dc323f804221a4e27732cfb197"
	if got := fmt.Sprintf("%x", h.Sum(nil)); got != want {
		t.Errorf("digest %s, want %s", got, want)
	}
}

func TestJobPostingsFeed(t *testing.T) {
	b := start(t)
	auth := b.auth("hr")
	type page struct {
		Count *int `json:"@odata.count"`
		Value []map[string]any
		Next  string `json:"@odata.nextLink"`
	}
	ask := func(path string) (out page) {
		t.Helper()
		b.get(path, auth).want(t, http.StatusOK).decode(t, &out)
		return out
	}
	seen := 0
	for path := "/odata/v4/JobPostings?$count=true"; path != ""; {
		p := ask(path)
		if *p.Count != Records || len(p.Value) != 1000 {
			t.Fatalf("count %d, %d rows", *p.Count, len(p.Value))
		}
		seen += len(p.Value)
		path = p.Next
	}
	if seen != Records {
		t.Errorf("%d postings by next links, want %d", seen, Records)
	}
	filter := url.QueryEscape("contains(title,'Nurse') and remote and salaryFrom ge 50000 and location ne null and publishedOn lt 2026-01-01")
	p := ask("/odata/v4/JobPostings?$count=true&$top=5&$orderby=salaryFrom%20desc,id&$select=id,title,remote,salaryFrom&$filter=" + filter)
	if *p.Count < 50 || len(p.Value) != 5 || len(p.Value[0]) != 4 || p.Next != "" {
		t.Fatalf("count %d: %v", *p.Count, p.Value)
	}
	if !slices.IsSortedFunc(p.Value, func(a, b map[string]any) int {
		return int(b["salaryFrom"].(float64) - a["salaryFrom"].(float64))
	}) {
		t.Errorf("not in order: %v", p.Value)
	}
	for _, path := range []string{"/odata/v4/JobPostings?$expand=x", "/odata/v4/JobPostings(1)", "/odata/v4/$batch"} {
		if a := b.get(path, auth).want(t, http.StatusNotImplemented); !strings.Contains(string(a.body), `"error":{"code":"NotImplemented"`) {
			t.Errorf("%s: %s", path, a.body)
		}
	}
	if a := b.get("/odata/v4/$metadata", auth).want(t, http.StatusOK); !strings.Contains(string(a.body), `<EntitySet Name="JobPostings" EntityType="Sandbox.HR.JobPosting"/>`) {
		t.Errorf("%s", a.body)
	}
	b.get("/odata/v4/$metadata", nil).want(t, http.StatusUnauthorized)
}

func BenchmarkFilterOver10000Postings(b *testing.B) {
	s := start(b)
	auth := s.auth("hr")
	path := "/odata/v4/JobPostings?$count=true&$top=5&$orderby=salaryFrom&$filter=" + url.QueryEscape("contains(title,'Nurse')")
	for b.Loop() {
		s.get(path, auth).want(b, http.StatusOK)
	}
}
