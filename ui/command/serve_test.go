package command

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"ferry/model"
	"ferry/model/hub"
	"ferry/model/modeltest"
	"ferry/storage/storagetest"
)

// served runs one command line on a store of its own, beside a server that does what
// serve says.
func served(t *testing.T, serve func(ServeOptions) (Served, error), args ...string) (code int, out, errOut string, door *modeltest.Door) {
	t.Helper()
	store, _ := storagetest.NewAt(t, filepath.Join(storagetest.Dir(t), "ferry.db"), modeltest.FirstSpace)
	door = modeltest.NewDoor(store)
	return run(t, door, serve, args...)
}

func run(t *testing.T, door *modeltest.Door, serve func(ServeOptions) (Served, error), args ...string) (int, string, string, *modeltest.Door) {
	t.Helper()
	e, out, errOut := env(args...)
	e.Door = func(Settings) (hub.Door, error) { return door, nil }
	e.Serve = func(_ context.Context, _ *hub.Hub, o ServeOptions) (Served, error) { return serve(o) }
	code := Run(context.Background(), e)
	return code, out.String(), errOut.String(), door
}

var errStopped = model.Errorf(model.EBusy, "the listener is gone")

// dying is a server that says where it is and then stops by itself.
func dying(got *ServeOptions) func(ServeOptions) (Served, error) {
	return func(o ServeOptions) (Served, error) {
		*got = o
		return Served{
			URL: "https://hub.example.com", Listen: "0.0.0.0:8443", AdminSocket: "/run/ferry.sock",
			Wait: func() error { return errStopped }, Close: func() error { return nil },
		}, nil
	}
}

func TestFlagsOfServeGoOverTheSettings(t *testing.T) {
	var got ServeOptions
	code, out, errOut, _ := served(t, dying(&got), "serve", "--listen", "0.0.0.0:8443", "--public-url", "https://hub.example.com",
		"--behind-proxy", "10.0.0.0/8", "--behind-proxy", "192.0.2.1", "--alias", "/plt/oauth2/token", "--alias", "/realms/{space}/token",
		"--admin-socket", "none", "--admin-listen", "127.0.0.1:9090", "--access-log", "none")
	if code != model.ExitCode(errStopped) || !strings.Contains(errOut, errStopped.Message) {
		t.Errorf("a server that stopped by itself: exit code %d, %q", code, errOut)
	}
	c := got.Config
	if c.Listen != "0.0.0.0:8443" || c.PublicURL != "https://hub.example.com" || c.AdminListen != "127.0.0.1:9090" ||
		!slices.Equal(c.Aliases, []string{"/plt/oauth2/token", "/realms/{space}/token"}) ||
		len(c.BehindProxy) != 2 || c.BehindProxy[1].String() != "192.0.2.1/32" || got.AdminSocket != NoSocket || got.AccessLog != nil {
		t.Errorf("got %+v", got)
	}
	if c.Algorithm != model.ES256 || c.DefaultTTL != model.DefaultTTL {
		t.Errorf("without flags the settings have no defaults: %+v", c)
	}
	want := "Serving https://hub.example.com (space default: https://hub.example.com/oauth2/token)\nStatus, health and metrics: /run/ferry.sock\n"
	if out != want {
		t.Errorf("said %q, want %q", out, want)
	}
}

// Flags are read as the settings are: one form of an origin, of a path and of a network.
func TestFlagsOfServeAreReadAsTheSettingsAre(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	dir, err := os.Getwd() // as the system names it
	if err != nil {
		t.Fatal(err)
	}
	var got ServeOptions
	served(t, dying(&got), "serve", "--listen", " 127.0.0.1:8443 ", "--public-url", "HTTPS://Hub.example.com/", "--tls-cert", "cert.pem",
		"--tls-key", "./keys/../key.pem", "--behind-proxy", "::ffff:10.1.2.3/104", "--behind-proxy", "10.9.9.9/8", "--behind-proxy", "2001:db8::1")
	c := got.Config
	if c.Listen != "127.0.0.1:8443" || c.PublicURL != "https://hub.example.com" || c.TLSCert != filepath.Join(dir, "cert.pem") ||
		c.TLSKey != filepath.Join(dir, "key.pem") {
		t.Errorf("got %+v", c)
	}
	if len(c.BehindProxy) != 2 || c.BehindProxy[0].String() != "10.0.0.0/8" || c.BehindProxy[1].String() != "2001:db8::1/128" {
		t.Errorf("the networks are %v", c.BehindProxy)
	}
}

// What a flag takes back is taken back for this run, a certificate with its key.
func TestAnEmptyFlagOfServeTakesBackASetting(t *testing.T) {
	var got ServeOptions
	_, _, _, door := served(t, nil, "serve", "config", "set", "aliases", "/plt/oauth2/token")
	for _, s := range [][2]string{{"tls_cert", "/t.crt"}, {"tls_key", "/t.key"}, {"public_url", "https://hub.example.com"}} {
		if code, _, errOut, _ := run(t, door, nil, "serve", "config", "set", s[0], s[1]); code != 0 {
			t.Fatal(errOut)
		}
	}
	run(t, door, dying(&got), "serve", "--alias", "", "--tls-key", "", "--public-url", "")
	if c := got.Config; c.TLSCert+c.TLSKey+c.PublicURL != "" || len(c.Aliases) != 0 {
		t.Errorf("got %+v", c)
	}
	never := func(ServeOptions) (Served, error) { t.Error("the server was started"); return Served{}, errStopped }
	for _, args := range [][]string{{"--tls-cert", "other.pem", "--tls-key", ""}, {"--tls-cert", "", "--tls-key", "other.pem"}} {
		if code, _, errOut, _ := run(t, door, never, append([]string{"serve"}, args...)...); code != 2 || !strings.Contains(errOut, "needs its") {
			t.Errorf("%v: exit code %d, %q", args, code, errOut)
		}
	}
	got = ServeOptions{}
	run(t, door, dying(&got), "serve")
	if c := got.Config; c.TLSCert != "/t.crt" || c.TLSKey != "/t.key" || len(c.Aliases) != 1 {
		t.Errorf("the settings are %+v", c)
	}
}

// No setting leaves a server that does not start without saying so.
func TestServeConfigSaysWhatGoesWithASetting(t *testing.T) {
	_, out, errOut, door := served(t, nil, "serve", "config", "set", "tls-cert", "/t.crt")
	if out != "Set tls_cert to /t.crt\n" || errOut != "ferry: note: the server does not start with these settings yet: tls_key: the certificate needs its private key\n" {
		t.Errorf("the certificate alone: %q, %q", out, errOut)
	}
	if _, _, errOut, _ = run(t, door, nil, "serve", "config", "set", "tls-key", "/t.key"); errOut != "" {
		t.Errorf("and its key: %q", errOut)
	}
	_, out, errOut, _ = run(t, door, nil, "serve", "config", "set", "tls-cert", "")
	if out != "Set tls_cert to none\n" || errOut != "ferry: note: tls_key was cleared with it: a certificate and its key come together\n" {
		t.Errorf("without the certificate: %q, %q", out, errOut)
	}
	var got ServeOptions
	if run(t, door, dying(&got), "serve"); got.Config.Listen == "" || got.Config.TLSKey != "" {
		t.Errorf("the server got %+v", got.Config)
	}
	_, out, errOut, _ = run(t, door, nil, "serve", "config", "set", "tls-key", "/t.key", "--output", "json")
	if !strings.Contains(out, `"value":"/t.key"`) || !strings.Contains(errOut, `{"warning":{"field":"tls_cert"`) {
		t.Errorf("in JSON: %q, %q", out, errOut)
	}
}

func TestServeAnnouncesItselfInOneLineOfJSON(t *testing.T) {
	var got ServeOptions
	_, _, _, door := served(t, dying(&got), "space", "create", "acme")
	_, out, errOut, _ := run(t, door, dying(&got), "serve", "--output", "json")
	var doc struct {
		URL, Listen string
		TokenURLs   map[string]string `json:"token_urls"`
		AdminSocket *string           `json:"admin_socket"`
	}
	if err := json.Unmarshal([]byte(out), &doc); err != nil || strings.Count(out, "\n") != 1 {
		t.Fatalf("%q: %v", out, err)
	}
	if doc.URL != "https://hub.example.com" || doc.Listen != "0.0.0.0:8443" || *doc.AdminSocket != "/run/ferry.sock" ||
		doc.TokenURLs["default"] != "https://hub.example.com/oauth2/token" ||
		doc.TokenURLs["acme"] != "https://hub.example.com/spaces/acme/oauth2/token" || len(doc.TokenURLs) != 2 {
		t.Errorf("got %+v", doc)
	}
	if got.AdminSocket != "" || got.AccessLog == nil || got.Settings.Space != "" {
		t.Errorf("by default: %+v", got)
	}
	if !strings.Contains(errOut, `{"error":{"code":"busy"`) {
		t.Errorf("the failure is %q", errOut)
	}
}

// Settings that cannot be never reach the server, and the access log's file is for its
// owner only.
func TestServeRefusesSettingsThatCannotBe(t *testing.T) {
	never := func(ServeOptions) (Served, error) {
		t.Error("the server was started")
		return Served{}, errors.New("started")
	}
	for name, tc := range map[string]struct {
		args []string
		want string
	}{
		"beyond loopback":  {[]string{"--listen", "0.0.0.0:8080"}, "public_url"},
		"no port":          {[]string{"--listen", "127.0.0.1"}, "listen"},
		"own path":         {[]string{"--alias", "/oauth2/token"}, "aliases"},
		"no path":          {[]string{"--alias", "token"}, "aliases"},
		"certificate only": {[]string{"--tls-cert", "absent.pem"}, "tls_key"},
		"no network":       {[]string{"--behind-proxy", "10.0.0.0/99"}, "behind_proxy"},
		"path in the URL":  {[]string{"--public-url", "https://hub.example.com/path"}, "public_url"},
	} {
		t.Run(name, func(t *testing.T) {
			code, _, errOut, _ := served(t, never, append([]string{"serve", "--output", "json"}, tc.args...)...)
			if code != 2 || !strings.Contains(errOut, `"field":"`+tc.want+`"`) {
				t.Errorf("exit code %d, %s", code, errOut)
			}
		})
	}
	var got ServeOptions
	file := filepath.Join(t.TempDir(), "access.log")
	served(t, dying(&got), "serve", "--access-log", file)
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the access log is %v, %v", info, err)
	}
	if code, _, _, _ := served(t, never, "serve", "--access-log", filepath.Join(file, "below")); code == 0 {
		t.Error("an access log that cannot be is no error")
	}
}

// An address or a socket that a live server has, as the server itself says.
func TestServeSaysWhyItDidNotStart(t *testing.T) {
	busy := model.Errorf(model.EBusy, "127.0.0.1:8080 is taken").WithField("listen")
	code, out, errOut, _ := served(t, func(ServeOptions) (Served, error) { return Served{}, busy }, "serve")
	if code != 4 || out != "" || !strings.Contains(errOut, "is taken") {
		t.Errorf("exit code %d, %q, %q", code, out, errOut)
	}
}

// CASES Terminal: outside text. What a peer sent as a path is spelled out.
func TestServeStatusShowsTheServer(t *testing.T) {
	code, _, errOut, door := served(t, nil, "serve", "status")
	if code != 3 {
		t.Errorf("without a server: exit code %d, %q", code, errOut)
	}
	ends := modeltest.Start.Add(48 * time.Hour)
	door.Server.Run(&model.ServerStatus{
		URL: "http://127.0.0.1:8080", Listen: "127.0.0.1:8080", Version: "v1", PID: 7, StartedAt: modeltest.Start, FreshAt: modeltest.Start,
		Problem: "the store cannot be read", Aliases: []string{"/plt/oauth2/token"}, KeyID: "kid", Algorithm: model.EdDSA, TLSUntil: &ends,
		PerSecond: []int{1, 2, 3}, Totals: model.ServerTotals{Requests: 9, Tokens: 4, API: 3, Refused: 2},
		Refusals: []model.Refusal{{Reason: "wrong_secret", Count: 2, LastAt: modeltest.Start}},
		Recent:   []model.ServedRequest{{At: modeltest.Start, Method: "GET", Path: "/\x1b[31m", Status: 404, Addr: "192.0.2.1", Reason: "no_route"}},
	})
	code, out, _, _ := run(t, door, nil, "serve", "status")
	for _, want := range []string{
		"no: the store cannot be read", "9, 0.1 a second in the last minute", "EdDSA kid", "wrong_secret", "/<U+001B>[31m", "Certificate until",
	} {
		if code != 0 || !strings.Contains(out, want) {
			t.Errorf("exit code %d, no %q in:\n%s", code, want, out)
		}
	}
	_, out, _, _ = run(t, door, nil, "serve", "status", "--output", "json")
	var st model.ServerStatus
	if err := json.Unmarshal([]byte(out), &st); err != nil || st.Totals.Tokens != 4 || st.Recent[0].Reason != "no_route" {
		t.Errorf("%v: %s", err, out)
	}
}
