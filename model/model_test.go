package model_test

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"ferry/model"
)

const canary = "canary-7f3a-secret"

// Every way of printing a secret, alone and inside other values, must show the mask.
func TestSecretNeverPrints(t *testing.T) {
	s := model.NewSecret(canary)
	client := model.Client{Auth: model.Auth{ClientSecret: s, Password: s}, Headers: []model.Header{{Name: "X", Value: s, Secret: true}}}
	token := model.Token{Access: s}
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T"} {
		fmt.Fprintf(&out, verb+verb+verb+verb+"\n", s, &s, client, token)
	}
	for _, v := range []any{s, &s, map[string]any{"s": s}, struct{ S model.Secret }{s}} {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		out.Write(b)
	}
	if b, err := xml.Marshal(struct{ S model.Secret }{s}); err == nil {
		out.Write(b)
	}
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "s", s, "c", client)
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "s", s, "c", client)
	fmt.Fprintln(&out, errors.Join(fmt.Errorf("with %v", s)))
	if strings.Contains(out.String(), canary) || strings.Contains(out.String(), fmt.Sprintf("%x", canary)) {
		t.Fatalf("the secret was printed:\n%s", out.String())
	}
	if got, _ := json.Marshal(s); string(got) != `{"set":true}` {
		t.Errorf("JSON of a secret is %s", got)
	}
	if short, long := model.NewSecret("a").String(), s.String(); short != long {
		t.Errorf("the mask tells the length: %q and %q", short, long)
	}
}

func TestPrintableSpellsOut(t *testing.T) {
	for in, want := range map[string]string{
		"plain text, ümläut, 漢字": "plain text, ümläut, 漢字",
		"a\x1b[31mred":           "a<U+001B>[31mred",
		"a\u202eb":               "a<U+202E>b",
		"a\u200bb\u2060":         "a<U+200B>b<U+2060>",
		"a\u009bb":               "a<U+009B>b",
		"tab\tnl\ncr\r":          "tab<U+0009>nl<U+000A>cr<U+000D>",
		"bad \xff byte":          "bad <0xFF> byte",
		"tag \U000e0041":         "tag <U+E0041>",
		"blank \u3164\u2800":     "blank <U+3164><U+2800>",
		"sep\u2028":              "sep<U+2028>",
		"nbsp\u00a0":             "nbsp\u00a0",
		"del\x7f":                "del<U+007F>",
		"real \ufffd":            "real <U+FFFD>",
	} {
		if got := model.Printable(in); got != want {
			t.Errorf("Printable(%q) = %q, want %q", in, got, want)
		}
	}
	if got := model.PrintableLines("a\r\nb\tc\x1b\rd"); got != "a\nb\tc<U+001B><U+000D>d" {
		t.Errorf("PrintableLines = %q", got)
	}
}

func FuzzPrintable(f *testing.F) {
	f.Add("a\x1b]52;c;AAAA\x07\u202e\xff")
	f.Fuzz(func(t *testing.T, s string) {
		once := model.Printable(s)
		if strings.ContainsAny(once, "\x1b\r\n\t\x00\x7f\u009b\u202e\u200b") {
			t.Fatalf("Printable(%q) = %q", s, once)
		}
		if twice := model.Printable(once); twice != once {
			t.Fatalf("not stable: %q then %q", once, twice)
		}
	})
}

// A token is renewed early, but never later than half of its life.
func TestTokenFreshness(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	token := func(life time.Duration) model.Token {
		return model.Token{Access: model.NewSecret("t"), Fetched: at, Expires: at.Add(life)}
	}
	for life, early := range map[time.Duration]time.Duration{
		8 * time.Second: 4 * time.Second, 20 * time.Second: 10 * time.Second, 2 * time.Minute: 12 * time.Second,
		10 * time.Minute: time.Minute, 24 * time.Hour: time.Minute,
	} {
		if got := token(life).Expires.Sub(token(life).RenewAt()); got != early {
			t.Errorf("a token of %s is renewed %s early, want %s", life, got, early)
		}
	}
	unknown := model.Token{Access: model.NewSecret("t"), Fetched: at}
	for _, c := range []struct {
		name  string
		token model.Token
		now   time.Time
		fresh bool
	}{
		{"new", token(time.Minute), at, true},
		{"none", model.Token{}, at, false},
		{"clock stepped back five minutes", token(time.Minute), at.Add(-5 * time.Minute), false},
		{"clock a little behind", token(time.Minute), at.Add(-5 * time.Second), true},
		{"unknown lifetime, young", unknown, at.Add(4 * time.Minute), true},
		{"unknown lifetime, old", unknown, at.Add(6 * time.Minute), false},
	} {
		if got := c.token.Fresh(c.now); got != c.fresh {
			t.Errorf("%s: fresh is %t", c.name, got)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		life := time.Duration(rapid.Int64Range(1, int64(400*24*time.Hour)).Draw(t, "life"))
		tok := token(life)
		if tok.RenewAt().Before(at.Add(life/2-1)) || tok.RenewAt().After(tok.Expires) {
			t.Fatalf("a token of %s is renewed at +%s", life, tok.RenewAt().Sub(at))
		}
	})
}

func TestIDsSortByTime(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	seen, last := map[model.ID]bool{}, model.ID("")
	for i := range 1000 {
		id := model.NewID(at.Add(time.Duration(i) * 100 * time.Microsecond)) // ten a millisecond
		if len(id) != 26 || seen[id] || id <= last {
			t.Fatalf("id %q after %q", id, last)
		}
		seen[id], last = true, id
	}
}

// Every code has an exit code, and an error without a code never shows its cause.
func TestErrorCodes(t *testing.T) {
	for code, exit := range map[model.Code]int{
		model.EInternal: 1, model.EUsage: 2, model.EInvalid: 2, model.ENotFound: 3, model.ELocked: 4, model.EDisabled: 4,
		model.EProtected: 4, model.EConflict: 5, model.EExists: 5, model.EUpstream: 6, model.ERejected: 6,
		model.EUnreachable: 7, model.ETimeout: 7, model.EInterrupted: 130,
	} {
		if got := model.ExitCode(fmt.Errorf("wrapped: %w", model.Errorf(code, "x"))); got != exit {
			t.Errorf("%s exits with %d, want %d", code, got, exit)
		}
	}
	odd := errors.New("cause with " + canary)
	if e := model.AsError(odd); e.Code != model.EInternal || strings.Contains(e.Error()+e.Next, canary) || !errors.Is(e, odd) {
		t.Errorf("an error without a code became %+v", e)
	}
	if e := model.AsError(fmt.Errorf("x: %w", context.Canceled)); e.Code != model.EInterrupted {
		t.Errorf("a cancelled context became %s", e.Code)
	}
	if model.AsError(nil) != nil || model.ExitCode(nil) != 0 || model.Invalid(nil) != nil {
		t.Error("no error must stay no error")
	}
}

func TestOrigin(t *testing.T) {
	for in, want := range map[string]string{
		"https://A.example.com/x": "https://a.example.com:443",
		"http://127.0.0.1:80/":    "http://127.0.0.1:80",
		"http://[::1]/":           "http://[::1]:80",
		"":                        "",
		"no url":                  "",
	} {
		if got := model.Origin(in); got != want {
			t.Errorf("Origin(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestRequireName(t *testing.T) {
	if err := model.RequireName(false, "erp", ""); err != nil {
		t.Error(err)
	}
	if err := model.RequireName(true, "erp", "erp"); err != nil {
		t.Error(err)
	}
	for _, confirm := range []string{"", "ERP", "erp "} {
		if err := model.RequireName(true, "erp", confirm); model.CodeOf(err) != model.EProtected {
			t.Errorf("confirm %q gave %v", confirm, err)
		}
	}
}
