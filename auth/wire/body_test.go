package wire

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"ferry/auth/wire/wiretest"
	"ferry/model"
)

func gzipped(t *testing.T, data []byte) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// CASES: gzip bomb → capped.
func TestGzipBomb(t *testing.T) {
	bomb := gzipped(t, make([]byte, 12<<20))
	s := wiretest.NewRaw(t, nil, func(c *wiretest.Conn) { c.Say(200, "Content-Encoding: gzip\r\n", bomb) })
	for name, edit := range map[string]func(*Call){
		"shown":  nil,
		"token":  func(c *Call) { c.Strict, c.Limit = true, 4<<20 },
		"a file": func(c *Call) { c.Sink = func(int) io.Writer { return io.Discard } },
	} {
		t.Run(name, func(t *testing.T) {
			a, rec, err := get(t, Limits{}, testClient(s.URL("")), s.URL("/"), edit)
			failure{model.EUpstream, "expands more than 100 : 1", "while reading the body"}.check(t, rec, err)
			if len(a.Body) > model.MaxShownBody || a.Size > 4<<20 {
				t.Errorf("kept %d bytes, read %d", len(a.Body), a.Size)
			}
		})
	}
}

func TestGzip(t *testing.T) {
	long := strings.Repeat(`{"sku":"A-1","price":12.5},`, 2000)
	for name, tc := range map[string]struct {
		headers, body, want string
		says                string
	}{
		"plain":               {"", long, long, ""},
		"gzip":                {"Content-Encoding: gzip\r\n", gzipped(t, []byte(long)), long, ""},
		"small and very even": {"Content-Encoding: gzip\r\n", gzipped(t, make([]byte, 500_000)), string(make([]byte, 500_000)), ""},
		"marked and empty":    {"Content-Encoding: gzip\r\n", "", "", ""},
		"marked and not":      {"Content-Encoding: gzip\r\n", "hello, plain text", "", "marked gzip and is not"},
		"other encoding":      {"Content-Encoding: br\r\n", "\x01\x02", "\x01\x02", ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := wiretest.NewRaw(t, nil, func(c *wiretest.Conn) { c.Say(200, tc.headers, tc.body) })
			a, _, err := get(t, Limits{}, testClient(s.URL("")), s.URL("/"), nil)
			if tc.says != "" {
				if model.CodeOf(err) != model.EUpstream || !strings.Contains(err.Error(), tc.says) {
					t.Fatalf("%v", err)
				}
				return
			}
			if err != nil || string(a.Body) != tc.want || a.Size != int64(len(tc.want)) {
				t.Errorf("%d bytes, want %d; %v", len(a.Body), len(tc.want), err)
			}
		})
	}
}

func TestGzipCutShort(t *testing.T) {
	z := gzipped(t, []byte(strings.Repeat("abc def ", 5000)))
	s := wiretest.NewRaw(t, nil, func(c *wiretest.Conn) { c.Say(200, "Content-Encoding: gzip\r\n", z[:len(z)/2]) })
	_, rec, err := get(t, Limits{}, testClient(s.URL("")), s.URL("/"), nil)
	failure{model.EUnreachable, "broke off its answer", "while reading the body"}.check(t, rec, err)
}

// broken fails after n bytes, as a full disk does.
type broken struct{ n int }

func (b *broken) Write(p []byte) (int, error) {
	if b.n -= len(p); b.n < 0 {
		return 0, errors.New("no space left on device")
	}
	return len(p), nil
}

func TestSink(t *testing.T) {
	body := strings.Repeat("0123456789", 1<<20) // 10 MiB, more than is shown
	s := wiretest.NewRaw(t, nil, func(c *wiretest.Conn) { c.Say(200, "", body) })
	var out bytes.Buffer
	a, rec, err := get(t, Limits{}, testClient(s.URL("")), s.URL("/"), func(c *Call) { c.Sink = func(int) io.Writer { return &out } })
	if err != nil || out.String() != body || a.Size != int64(len(body)) || a.Truncated || !a.Sunk {
		t.Errorf("%d bytes of %d, %v", out.Len(), len(body), err)
	}
	if x := rec.Exchange(NewRedactor(nil)); !x.Truncated || len(x.ResponseBody) != model.MaxErrorBody {
		t.Errorf("the record keeps %d bytes, truncated %t", len(x.ResponseBody), x.Truncated)
	}
	_, _, err = get(t, Limits{}, testClient(s.URL("")), s.URL("/"), func(c *Call) { c.Sink = func(int) io.Writer { return &broken{n: 100_000} } })
	if model.CodeOf(err) != model.EInternal || !strings.Contains(err.Error(), "no space left on device") {
		t.Errorf("%v", err)
	}
}

func TestRecordIsCappedMaskedAndSanitised(t *testing.T) {
	s := wiretest.NewRaw(t, nil, func(c *wiretest.Conn) {
		headers := "Set-Cookie: sid=" + canary + "\r\nX-Echo: " + c.Request.Header.Get("Authorization") + "\r\n"
		c.Say(500, headers, strings.Repeat("z", model.MaxErrorBody-4)+canary+"\x1b[2J"+strings.Repeat("z", 9000))
	})
	c := testClient(s.URL(""))
	_, rec, err := get(t, Limits{}, c, s.URL("/?access_token=query-token-1"), nil)
	if err != nil {
		t.Fatal(wiretest.Dump(err))
	}
	x := rec.Exchange(RedactorFor(c))
	wiretest.Leaks(t, "exchange", x, canary, "query-token-1")
	wiretest.Controls(t, "body", x.ResponseBody)
	if !x.Truncated || len(x.ResponseBody) > model.MaxErrorBody {
		t.Errorf("%d bytes, truncated %t", len(x.ResponseBody), x.Truncated)
	}
}

func TestRecordOfHeaders(t *testing.T) {
	s := wiretest.NewRaw(t, nil, func(c *wiretest.Conn) {
		c.Say(200, fmt.Sprintf("Set-Cookie: sid=%s\r\nX-Echo: %s\r\nX-Tenant: shown\r\nX-Mine: abcdefgh\r\n", "s1", c.Request.Header.Get("Authorization")), "{}")
	})
	c := testClient(s.URL(""))
	c.Headers = []model.Header{{Name: "x-mine", Value: model.NewSecret("abcdefgh"), Secret: true}}
	_, rec, err := get(t, Limits{}, c, s.URL("/"), nil)
	if err != nil {
		t.Fatal(err)
	}
	x := rec.Exchange(RedactorFor(c))
	want := map[string]string{"Set-Cookie": model.Mask, "X-Echo": "Bearer " + model.Mask, "X-Tenant": "shown", "X-Mine": model.Mask}
	for _, p := range x.ResponseHeaders {
		if w, ok := want[p.Name]; ok && w != p.Value {
			t.Errorf("%s: %q, want %q", p.Name, p.Value, w)
		}
	}
	for _, p := range x.RequestHeaders {
		if p.Name == "Authorization" && p.Value != "Bearer "+model.Mask {
			t.Errorf("Authorization: %q", p.Value)
		}
	}
}
