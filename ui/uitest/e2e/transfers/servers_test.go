//go:build e2e

package transfers

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"ferry/auth/sandbox"
	"ferry/ui/uitest/place"
)

// jsonServer starts npm's json-server on a store of n products.
func jsonServer(t *testing.T, script string, n int) string {
	t.Helper()
	root := place.Root()
	install := exec.Command("sh", filepath.Join(root, ".ci", "npm"), "ui/uitest/e2e/transfers/testdata/jsonserver", ".e2e/jsonserver")
	if out, err := install.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	products := make([]map[string]any, n)
	for i := range products {
		products[i] = map[string]any{"id": strconv.Itoa(i + 1), "name": fmt.Sprintf("Product %d", i+1), "price": map[string]any{"amount": float64(i) / 4, "currency": "EUR"}}
	}
	text, err := json.Marshal(map[string]any{"products": products, "orders": []any{}})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	db := filepath.Join(dir, "db.json")
	if err := os.WriteFile(db, text, 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	_ = l.Close()
	cmd := exec.Command("node", filepath.Join(root, ".e2e", "jsonserver", "node_modules", script), db, "--host", "127.0.0.1", "--port", strconv.Itoa(port))
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr, cmd.Dir = &said, &said, dir
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	url := fmt.Sprintf("http://127.0.0.1:%d", port)
	if !place.Poll(func() bool {
		answer, err := http.Get(url + "/orders")
		if err != nil {
			return false
		}
		_ = answer.Body.Close()
		return answer.StatusCode == http.StatusOK
	}) {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		t.Fatalf("json-server did not start:\n%s", said.String())
	}
	return url
}

// Issue 5: an independent server, npm's json-server, which pages by Link in one version and
// by numbers in the body in the other, and takes what is imported.
func TestJSONServerFromNPM(t *testing.T) {
	for version, script := range map[string]string{"0.17": "json-server/lib/cli/bin.js", "1.0": "json-server-v1/lib/bin.js"} {
		t.Run(version, func(t *testing.T) {
			const n = 137
			p := place.New(t).WithStore()
			p.Must("client", "create", "shop", "--base-url", jsonServer(t, script, n))
			size := map[string]string{"0.17": "_limit", "1.0": "_per_page"}[version]
			out := filepath.Join(p.Dir, "products.ndjson")
			p.Must("export", "shop", "/products?_page=1", "--size-param", size, "--page-size", "25", "-o", out)
			lines := strings.Split(strings.TrimSpace(string(place.Read(t, out))), "\n")
			if len(lines) != n || !strings.Contains(lines[n-1], `"Product 137"`) {
				t.Fatalf("%d records, the last %s", len(lines), lines[len(lines)-1])
			}
			p.Must("export", "shop", "/products?_page=1", "--size-param", size, "--page-size", "25", "-o", filepath.Join(p.Dir, "products.csv"))
			if first, _, _ := strings.Cut(string(place.Read(t, filepath.Join(p.Dir, "products.csv"))), "\n"); first != "id,name,price.amount,price.currency" {
				t.Errorf("the header is %q", first)
			}
			// What was exported is written back, changed, and new orders are added.
			p.Must("import", "shop", "/products/{id}", "-i", out, "--method", "PUT", "--jq", `.name += " (new)"`)
			if got := p.Must("call", "shop", "/products/137", "--jq", ".name"); strings.TrimSpace(got) != "Product 137 (new)" {
				t.Errorf("after the import it is %q", got)
			}
			p.Must("import", "shop", "/orders", "-i", filepath.Join(p.Dir, "products.csv"), "--map", "name=title")
			if got := p.Must("call", "shop", "/orders", "--jq", "length"); strings.TrimSpace(got) != strconv.Itoa(n) {
				t.Errorf("%s orders", got)
			}
		})
	}
}

// Issue 5: a token that lives 5 s during an export of a minute: no failed page.
func TestATokenOfFiveSecondsLastsAnExportOfAMinute(t *testing.T) {
	t.Parallel() // it mostly waits
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	box, err := sandbox.Start(ctx, sandbox.Options{TokenTTL: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer box.Close()
	p := place.New(t).WithStore()
	c := clientOf(t, box, "erp-secure")
	keep := func(name, value string) string {
		file := filepath.Join(p.Dir, name)
		if err := os.WriteFile(file, []byte(value), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	// Two requests a second make 112 pages and their tokens last a minute.
	p.Must("client", "create", "erp", "--auth", "oauth2", "--base-url", c.BaseURL, "--token-url", c.TokenURL,
		"--client-id", c.ClientID, "--client-secret-file", keep("secret", c.ClientSecret),
		"--username", c.Username, "--password-file", keep("password", c.Password), "--rate-limit", "2")
	began := time.Now()
	out := filepath.Join(p.Dir, "prices.ndjson")
	cmd := p.Command("export", "erp", "/erp/secure/prices?size=90", "-o", out, "--output", "json")
	text, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	var view struct {
		Progress struct{ Records, Requests, Retries, Pages int64 }
	}
	if err := json.Unmarshal(text, &view); err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(place.Read(t, out), []byte("\n")); n != sandbox.Records || view.Progress.Records != int64(n) {
		t.Errorf("%d records in the file, %+v", n, view.Progress)
	}
	if view.Progress.Retries != 0 {
		t.Errorf("%d pages had to be asked for again", view.Progress.Retries)
	}
	t.Logf("an export of %.0f s with tokens of 5 s: %d pages, %d requests, %d failed", time.Since(began).Seconds(), view.Progress.Pages, view.Progress.Requests, view.Progress.Retries)
}
