//go:build e2e

package e2e

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"ferry/ui/uitest/place"
)

// page is a web page that holds a token of our authority and nothing else. It reads an API through
// the gateway, of another origin than its own, and reports what it saw to where it came from.
const page = `<!doctype html><title>page</title><script type="module">
const tell = (what) => fetch("/seen", {method: "POST", body: JSON.stringify(what)});
const seen = {};
const ask = async (name, url, options) => {
	try {
		const answer = await fetch(url, options);
		seen[name] = {status: answer.status, id: answer.headers.get("X-Request-Id") !== null, body: await answer.text()};
	} catch (e) { seen[name] = {error: String(e)}; }
};
const headers = {"Authorization": "Bearer %[2]s", "X-Page": "1"};
await ask("read", "%[1]s/gw/erp/orders/17", {headers});
await ask("put", "%[1]s/gw/erp/orders/17", {method: "PUT", headers, body: "x"});
await ask("without", "%[1]s/gw/erp/orders/17", {headers: {"X-Page": "1"}});
await tell(seen);
</script>`

// Issue 6: a web page in a real browser reads an upstream through the gateway, with a CORS
// preflight, holding only a token of our authority; and the same with curl.
func TestGatewayFromAWebPage(t *testing.T) {
	chromium := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil && chromium == "" {
			chromium = path
		}
	}
	if chromium == "" {
		t.Fatal("there is no chromium; .ci/e2e leaves this test out where it cannot be installed")
	}
	var html []byte
	seen := make(chan string, 1)
	site := func(report bool) *httptest.Server {
		web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch {
			case r.URL.Path == "/seen" && report:
				body, _ := io.ReadAll(r.Body) // what came
				seen <- string(body)
			case r.URL.Path == "/":
				w.Header().Set("Content-Type", "text/html; charset=utf-8")
				_, _ = w.Write(html)
			default:
				http.NotFound(w, r)
			}
		}))
		t.Cleanup(web.Close)
		return web
	}
	ours, others := site(true), site(true)
	e := startERP(t, time.Hour, 0)
	p := newSite(t)
	s, token := e.behind(p, "--cors-origin", ours.URL)
	html = fmt.Appendf(nil, page, s.url, token)

	got := browse(t, chromium, ours.URL, seen)
	for _, want := range []string{
		`"read":{"status":200,"id":true,"body":"{\"path\":\"/api/orders/17\"}"}`, // through the preflight
		`"put":{"error":`,         // a method that pages may not use
		`"without":{"status":401`, // readable: the page learns why
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the page saw %s, and not %s", got, want)
		}
	}
	if strings.Contains(got, "canary") {
		t.Errorf("the page saw what is the upstream's: %s", got)
	}
	// A page of another origin sees nothing, whatever token it holds.
	if got := browse(t, chromium, others.URL, seen); strings.Contains(got, `"status"`) || strings.Count(got, `"error"`) != 3 {
		t.Errorf("a page of another origin saw %s", got)
	}

	url := s.url + "/gw/erp/orders/17"
	status, body := s.curl("-i", "-X", "OPTIONS", url, "-H", "Origin: "+ours.URL, "-H", "Access-Control-Request-Method: GET",
		"-H", "Access-Control-Request-Headers: authorization, x-page")
	if status != "204" || !strings.Contains(strings.ToLower(body), "access-control-allow-origin: "+ours.URL) {
		t.Errorf("the preflight by curl: %s %s", status, body)
	}
	status, body = s.curl("-i", url, "-H", "Origin: "+ours.URL, "-H", "Authorization: Bearer "+token)
	if status != "200" || !strings.Contains(body, `{"path":"/api/orders/17"}`) || strings.Contains(body, "canary") ||
		!strings.Contains(strings.ToLower(body), "access-control-allow-origin: "+ours.URL) {
		t.Errorf("by curl: %s %s", status, body)
	}
	if status, body = s.curl(url); status != "401" {
		t.Errorf("by curl without a token: %s %s", status, body)
	}
	s.stop()
	for _, secret := range []string{"canary", token} {
		if strings.Contains(s.log.String(), secret) {
			t.Errorf("the log holds %s", secret)
		}
	}
}

// browse opens a page without a screen and returns what it reports.
func browse(t *testing.T, chromium, url string, seen <-chan string) string {
	t.Helper()
	dir := t.TempDir()
	args := []string{
		"--headless", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking",
		"--user-data-dir=" + dir, "--remote-debugging-pipe", url,
	}
	if os.Getuid() == 0 {
		args = append([]string{"--no-sandbox"}, args...) // it refuses to run as root with one
	}
	cmd := exec.Command(chromium, args...)
	cmd.Env = append(os.Environ(), "HOME="+dir)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	// Its own process group: it has many processes, and all of them go.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	in, out, err := os.Pipe() // --remote-debugging-pipe reads on 3 and writes on 4
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	defer out.Close()
	quiet, answers, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer quiet.Close()
	defer answers.Close()
	cmd.ExtraFiles = []*os.File{in, answers}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		_ = cmd.Wait()
	}()
	select {
	case got := <-seen:
		return got
	case <-time.After(2 * place.Patience):
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		_ = cmd.Wait()
		t.Fatalf("the page reported nothing:\n%s", tailOf(said.String()))
		return ""
	}
}

// tailOf is the end of what a browser said.
func tailOf(text string) string { return text[max(0, len(text)-2000):] }
