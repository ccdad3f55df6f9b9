package syncing

import "testing"

func TestRestrict(t *testing.T) {
	own := owned{"meta.changed": true}
	for _, tc := range []struct {
		whole, part string
		want        bool
	}{
		{`{"id":1,"a":"x","updatedAt":"now"}`, `{"a":"x"}`, true},
		{`{"id":1,"a":"y"}`, `{"a":"x"}`, false},
		{`{"id":1}`, `{"a":"x"}`, false},
		{`{"id":1}`, `{"id":1,"a":null}`, true},
		{`{"id":1,"a":0}`, `{"id":1,"a":null}`, false},
		{`{"a":1.0}`, `{"a":1}`, true},
		{`{"a":49.9}`, `{"a":49.90}`, true},
		{`{"a":9007199254740993}`, `{"a":9007199254740992}`, false},
		{`{"a":1e400}`, `{"a":1e401}`, false},
		{`{"a":"1"}`, `{"a":1}`, false},
		{`{"a":[{"b":1,"x":2},{"b":2}]}`, `{"a":[{"b":1},{"b":2}]}`, true},
		{`{"a":[{"b":1}]}`, `{"a":[{"b":1},{"b":2}]}`, false},
		{`{"a":[1,2]}`, `{"a":[2,1]}`, false},
		{`{"a":{"b":{"c":true,"d":1}}}`, `{"a":{"b":{"c":true}}}`, true},
		{`{"a":5}`, `{"a":{"b":1}}`, false},
		{`{"data":{"a":1,"id":3}}`, `{"a":1}`, true},
		{`{"d":{"a":1,"id":3}}`, `{"a":1}`, true},
		{`{"data":{"a":1}}`, `{"data":{"a":1}}`, true},
		{`{"data":{"a":2}}`, `{"data":{"a":1}}`, false},
		{`{"a":1,"meta":{"changed":"z"}}`, `{"a":1,"meta":{"changed":"y"}}`, true},
		{`{"a":1,"meta":{}}`, `{"a":1,"meta":{"changed":"y"}}`, false},
		{`not json`, `{"a":1}`, false},
		{`{"a":1} {"a":1}`, `{"a":1}`, false},
		{``, `{"a":1}`, false},
		{`[1]`, `[1]`, true},
	} {
		has := own.restrict([]byte(tc.whole), []byte(tc.part))
		if got := len(has) > 0 && same(has, []byte(tc.part)); got != tc.want {
			t.Errorf("%s holds %s: %v; %s", tc.whole, tc.part, got, has)
		}
	}
}

// Only times are what a target may set itself: a price that comes back rounded is not.
func TestOwned(t *testing.T) {
	own := owned{}
	sent, _ := decode([]byte(`{"at":"2026-01-01T00:00:00Z","same":"2026-01-01T00:00:00Z","price":1.005,"name":"a","meta":{"changed":"2026-01-01T00:00:00Z"},"list":[{"at":"2026-01-01T00:00:00Z"}]}`))
	back, _ := decode([]byte(`{"at":"2026-02-01T00:00:00Z","same":"2026-01-01T01:00:00+01:00","price":1.01,"name":"b","meta":{"changed":"2026-02-01T00:00:00Z"},"list":[{"at":"2026-02-01T00:00:00Z"}]}`))
	own.learn(sent, back, "", false)
	if len(own) != 2 || !own["at"] || !own["meta.changed"] {
		t.Errorf("%v", own)
	}
	late, early := owned{}, owned{}
	if late.learn(sent, back, "", true); len(late) != 2 {
		t.Errorf("%v", late)
	}
	if early.learn(back, sent, "", true); len(early) != 0 {
		t.Errorf("%v", early)
	}
	if got := string(own.without([]byte(`{"at":1,"meta":{"changed":2,"x":3}}`))); got != `{"meta":{"x":3}}` {
		t.Error(got)
	}
}
