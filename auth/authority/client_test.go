package authority

import (
	"bytes"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestBasicRoundTrip covers CASES "secret with + % : = é, in header".
func TestBasicRoundTrip(t *testing.T) {
	_, text, _ := strings.Cut(basic("id:+%=é", secret), "Basic ")
	if id, got, ok := ParseBasic(text); !ok || id != "id:+%=é" || got != secret {
		t.Errorf("%q %q %t", id, got, ok)
	}
}

func FuzzParseBasic(f *testing.F) {
	f.Add("YXBwOnNlY3JldA==")
	f.Add(strings.TrimPrefix(basic("a:+%", secret), "Authorization: Basic "))
	f.Add("Og==")
	f.Fuzz(func(t *testing.T, text string) {
		id, s, ok := ParseBasic(text)
		if !ok {
			return
		}
		if id == "" {
			t.Fatalf("%q gave an empty id", text)
		}
		_, again, _ := strings.Cut(basic(id, s), "Basic ")
		if id2, s2, ok := ParseBasic(again); !ok || id2 != id || s2 != s {
			t.Fatalf("%q: %q %q became %q %q", text, id, s, id2, s2)
		}
	})
}

func TestMethodThatIsNotAcceptedIsInvalidClient(t *testing.T) {
	e := fixture()
	e.Methods = []Method{Post}
	if got := send(t, e, request("POST", "/", grant, basic("app", secret))); got.status != 401 || got.Error != "invalid_client" {
		t.Errorf("%+v", got)
	}
}

// TestUnknownIDAnswersAsWrongSecret covers CASES "unknown id against wrong secret: the
// same answer"; the time is the same because the same digest and comparison are done.
func TestUnknownIDAnswersAsWrongSecret(t *testing.T) {
	answers := make([]string, 2)
	for i, id := range []string{"app", "nobody"} {
		w := httptest.NewRecorder()
		digests := 0
		e := fixtureWith(func(s string) [32]byte { digests++; return SHA256(s) })
		e.ServeHTTP(w, request("POST", "/", grant, basic(id, "wrong")))
		var head bytes.Buffer
		if err := w.Header().Write(&head); err != nil {
			t.Fatal(err)
		}
		answers[i] = head.String() + w.Body.String()
		if digests != 1 {
			t.Errorf("%s: %d digests, want 1", id, digests)
		}
	}
	if answers[0] != answers[1] {
		t.Errorf("the answers differ:\n%s\n%s", answers[0], answers[1])
	}
}
