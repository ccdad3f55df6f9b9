package storage

import (
	"bytes"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ferry/model"
)

// text is what comes from outside: any bytes, valid UTF-8 or not.
var text = rapid.Custom(func(t *rapid.T) string { return string(rapid.SliceOfN(rapid.Byte(), 0, 12).Draw(t, "bytes")) })

var moment = rapid.Custom(func(t *rapid.T) time.Time {
	if rapid.Bool().Draw(t, "zero") {
		return time.Time{}
	}
	return time.Unix(0, rapid.Int64Range(1, math.MaxInt64).Draw(t, "ns")).UTC()
})

var pairs = rapid.Custom(func(t *rapid.T) []model.Param {
	return some(rapid.SliceOfN(rapid.Custom(func(t *rapid.T) model.Param {
		return model.Param{Name: text.Draw(t, "name"), Value: text.Draw(t, "value")}
	}), 0, 3).Draw(t, "pairs"))
})

// some makes no difference between empty and nil, as the records do not.
func some[T any](s []T) []T {
	if len(s) == 0 {
		return nil
	}
	return s
}

func drawClient(t *rapid.T) model.Client {
	s := func(name string) string { return text.Draw(t, name) }
	c := model.Client{
		ID: model.ID(s("id")), Space: model.ID(s("space")), Name: s("name"), Type: model.ClientType(s("type")), BaseURL: s("base"),
		Auth: model.Auth{
			Method: model.AuthMethod(s("method")), Grant: model.Grant(s("grant")), Send: model.ClientAuth(s("send")),
			TokenURL: s("token url"), Issuer: s("issuer"), ClientID: s("client id"), ClientSecret: model.NewSecret(s("secret")),
			Username: s("user"), Password: model.NewSecret(s("password")), Audience: s("audience"),
			Scopes: some(rapid.SliceOfN(text, 0, 3).Draw(t, "scopes")), Params: pairs.Draw(t, "params"),
		},
		State: model.State(s("state")), Protected: rapid.Bool().Draw(t, "protected"), AllowHTTP: rapid.Bool().Draw(t, "http"),
		TLS:     model.TLS{CAPEM: s("ca"), ServerName: s("server"), MinVersion: s("min")},
		Timeout: time.Duration(rapid.Int64().Draw(t, "timeout")), Revision: rapid.Uint64().Draw(t, "revision"),
		Created: model.Stamp{At: moment.Draw(t, "created"), By: s("creator")},
		Updated: model.Stamp{At: moment.Draw(t, "updated"), By: s("updater")},
	}
	drawAccess(t, &c)
	for range rapid.IntRange(0, 3).Draw(t, "headers") {
		c.Headers = append(c.Headers, model.Header{Name: s("header"), Value: model.NewSecret(s("value")), Secret: rapid.Bool().Draw(t, "is secret")})
	}
	return c
}

func TestEveryClientReadsBackAsItWasWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := drawClient(t)
		var got clientRecord
		roundTrip(t, recordOf(want), &got)
		same(t, got.model(), want)
	})
}

func TestEveryTokenStateReadsBackAsItWasWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := func(name string) string { return text.Draw(t, name) }
		d := func(name string) time.Duration { return time.Duration(rapid.Int64().Draw(t, name)) }
		want := model.TokenState{
			Client: model.ID(s("client")), Identity: s("identity"),
			Token: model.Token{
				Access: model.NewSecret(s("access")), Type: s("type"), Scope: s("scope"),
				Fetched: moment.Draw(t, "fetched"), Expires: moment.Draw(t, "expires"), SentAs: model.ClientAuth(s("sent")),
			},
			Exchange: model.Exchange{
				At: moment.Draw(t, "at"), Method: s("method"), URL: s("url"), RequestHeaders: pairs.Draw(t, "rh"), RequestBody: s("rb"),
				Status: rapid.Int().Draw(t, "status"), ResponseHeaders: pairs.Draw(t, "ah"), ResponseBody: s("ab"),
				Truncated: rapid.Bool().Draw(t, "truncated"), Failure: s("failure"),
				Notes: rapid.SliceOfN(text, 1, 3).Draw(t, "notes"),
				Timing: model.Timing{
					DNS: d("dns"), Connect: d("connect"), TLS: d("tls"), Wait: d("wait"), Body: d("body"), Total: d("total"), Queue: d("queue"),
					Reused: rapid.Bool().Draw(t, "reused"),
				},
			},
			Rejected: rapid.Bool().Draw(t, "rejected"), WorkedAs: model.ClientAuth(s("worked")),
		}
		if rapid.Bool().Draw(t, "failed") {
			want.Failed = &model.Failure{Code: model.Code(s("code")), Message: s("message"), Next: s("next"), Until: moment.Draw(t, "until")}
		}
		var got tokenRecord
		roundTrip(t, tokenRecordOf(want), &got)
		same(t, got.model(), want)
	})
}

func roundTrip(t *rapid.T, in, out any) {
	b, err := encode(in)
	if err != nil {
		t.Fatal(err)
	}
	if err := decode([]byte("k/1"), b, out); err != nil {
		t.Fatalf("what was written cannot be read: %v", err)
	}
}

func same[T any](t *rapid.T, got, want T) {
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b model.Secret) bool { return a.Equal(b) })); diff != "" {
		t.Fatal(diff)
	}
}

func TestGarbageAndNewerRecordsAreErrorsThatQuoteNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := rapid.SliceOfN(rapid.Byte(), 0, 60).Draw(t, "bytes")
		var r clientRecord
		if err := decode([]byte("client/s/c"), b, &r); err != nil {
			if code := model.CodeOf(err); code != model.ECorrupt && code != model.EInvalid {
				t.Fatalf("got %v", err)
			}
		}
	})
	var r spaceRecord
	newer, _ := encode(map[int]string{1: "id", 99: "canary of a later field"})
	if err := decode([]byte("space/s"), newer, &r); model.CodeOf(err) != model.ECorrupt || bytes.Contains([]byte(err.Error()), []byte("canary")) {
		t.Errorf("an unknown field: %v", err)
	}
	if err := decode([]byte("space/s"), []byte{recordVersion + 1, 0xA0}, &r); model.CodeOf(err) != model.EInvalid {
		t.Errorf("a newer version: %v", err)
	}
}

func TestAFarFutureNeverWrapsToThePast(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	for _, far := range []time.Time{now.AddDate(290, 0, 0), now.AddDate(5000, 0, 0), time.Unix(1<<60, 0)} {
		if got := at(far).time(); !got.After(now.AddDate(200, 0, 0)) {
			t.Errorf("%v became %v", far, got)
		}
	}
	if got := at(time.Time{}).time(); !got.IsZero() {
		t.Errorf("no time became %v", got)
	}
}
