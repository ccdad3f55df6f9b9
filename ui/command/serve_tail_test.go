package command

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"ferry/model"
	"ferry/model/modeltest"
)

func someRequests() []model.ServedRequest {
	return []model.ServedRequest{
		{ID: "r1", At: modeltest.Start, Method: "GET", Path: "/gw/erp/orders", Status: 200, Client: "partner", Addr: "192.0.2.1", Duration: 1234 * time.Microsecond, Upstream: "erp"},
		{ID: "r2", At: modeltest.Start, Method: "DELETE", Path: "/gw/erp/\x1b[31m\u202e", Status: 403, Client: "partner", Addr: "192.0.2.1", Duration: 12 * time.Microsecond, Upstream: "erp", Reason: "method_refused", Lost: 3},
		{ID: "r3", At: modeltest.Start, Method: "POST", Path: "/oauth2/token", Status: 401, Addr: "2001:db8::1", Duration: 3 * time.Second, Reason: "wrong_secret"},
	}
}

// CASES Terminal: outside text. What a caller sent as a path is spelled out, one line a request.
func TestATailIsOneLineARequest(t *testing.T) {
	_, _, _, door := served(t, nil, "client", "list")
	door.Server.Run(&model.ServerStatus{})
	door.Server.Serve(someRequests()...)
	code, out, errOut, _ := run(t, door, nil, "serve", "--tail")
	want := []string{
		"2026-01-02T03:04:05Z  200     1.2ms  192.0.2.1        partner           GET /gw/erp/orders  to erp",
		"(3 requests more than this terminal could take)",
		"2026-01-02T03:04:05Z  403      12µs  192.0.2.1        partner           DELETE /gw/erp/<U+001B>[31m<U+202E>  to erp  method_refused",
		"2026-01-02T03:04:05Z  401        3s  2001:db8::1      -                 POST /oauth2/token  wrong_secret",
	}
	at := modeltest.Start.UTC().Format(time.RFC3339)
	if got := strings.Split(strings.TrimSpace(out), "\n"); code != 0 || len(got) != len(want) {
		t.Fatalf("exit code %d, %q, %q", code, out, errOut)
	} else {
		for i, line := range got {
			if w := strings.Replace(want[i], "2026-01-02T03:04:05Z", at, 1); line != w {
				t.Errorf("line %d is\n%s, want\n%s", i, line, w)
			}
		}
	}
	if !strings.Contains(errOut, "following the requests") || !strings.HasSuffix(errOut, "ferry: note: the server stopped\n") {
		t.Errorf("beside it says %q", errOut)
	}
}

// Each line of a tail for scripts is one document, with the fields of the status.
func TestATailForScripts(t *testing.T) {
	_, _, _, door := served(t, nil, "client", "list")
	door.Server.Run(&model.ServerStatus{})
	door.Server.Serve(someRequests()...)
	code, out, _, _ := run(t, door, nil, "serve", "--tail", "--output", "json")
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if code != 0 || len(lines) != 3 {
		t.Fatalf("exit code %d, %q", code, out)
	}
	var got model.ServedRequest
	if err := json.Unmarshal([]byte(lines[1]), &got); err != nil || got != someRequests()[1] {
		t.Errorf("%v: %+v", err, got)
	}
}

func TestATailIsFiltered(t *testing.T) {
	_, _, _, door := served(t, nil, "client", "list")
	door.Server.Run(&model.ServerStatus{})
	door.Server.Serve(someRequests()...)
	for _, tc := range []struct{ flags, want string }{
		{"--client ERP", "200 403"},
		{"--status 4xx", "403 401"},
		{"--status 4XX --client erp", "403"},
		{"--status 401", "401"},
		{"--status 5xx", ""},
	} {
		code, out, errOut, _ := run(t, door, nil, append([]string{"serve", "--tail"}, strings.Fields(tc.flags)...)...)
		var got []string
		for line := range strings.Lines(out) {
			if !strings.HasPrefix(line, "(") {
				got = append(got, strings.Fields(line)[1])
			}
		}
		if code != 0 || strings.Join(got, " ") != tc.want {
			t.Errorf("%s: exit code %d, %q, %s", tc.flags, code, got, errOut)
		}
	}
	for flags, field := range map[string]string{
		"--client erp": "client", "--status 404": "status", "--tail --status all": "status", "--tail --status 6xx": "status",
		"--tail --status 42": "status", "--tail --status 4x": "status", "--tail --admin-socket none": "admin_socket",
	} {
		code, _, errOut, _ := run(t, door, nil, append([]string{"serve", "--output", "json"}, strings.Fields(flags)...)...)
		if code != 2 || !strings.Contains(errOut, `"field":"`+field+`"`) {
			t.Errorf("%s: exit code %d, %s", flags, code, errOut)
		}
	}
}

// Where no server runs, or flags say how to start one, one is started, which writes no
// access log unless that is asked for.
func TestATailOfTheServerThatIsStarted(t *testing.T) {
	_, _, _, door := served(t, nil, "client", "list")
	var got ServeOptions
	code, out, _, _ := run(t, door, dying(&got), "serve", "--tail")
	if code != model.ExitCode(errStopped) || !strings.HasPrefix(out, "Serving ") || got.AccessLog != nil {
		t.Errorf("exit code %d, %q, %+v", code, out, got)
	}
	door.Server.Run(&model.ServerStatus{})
	if code, out, _, _ = run(t, door, dying(&got), "serve", "--tail", "--access-log", "-"); !strings.HasPrefix(out, "Serving ") || got.AccessLog == nil {
		t.Errorf("exit code %d, %q, %+v", code, out, got)
	}
}
