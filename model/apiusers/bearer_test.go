package apiusers_test

import (
	"strings"
	"testing"

	"ferry/model/apiusers"
)

// Whether a key itself is taken at the gateway is off at first, kept by other edits, shown, and
// told in the audit log.
func TestBearerKeysAreASwitchOfTheirOwn(t *testing.T) {
	b := newBench(t)
	u := b.create(t, apiusers.Draft{Username: "robot", OAuth: true})
	if u.BearerKeys {
		t.Error("on at first")
	}
	d := b.draft(t, u)
	d.BearerKeys = true
	u, err := b.Users.Update(b.Ctx, b.Space, u.ID, d, "")
	if err != nil || !u.BearerKeys {
		t.Fatalf("%+v, %v", u, err)
	}
	if log := b.log(t)[0]; !strings.HasSuffix(log, "[{bearer_keys false true}]") {
		t.Errorf("told: %s", log)
	}
	d = b.draft(t, u)
	d.Description = "x"
	if u, err = b.Users.Update(b.Ctx, b.Space, u.ID, d, ""); err != nil || !u.BearerKeys {
		t.Errorf("another edit: %+v, %v", u, err)
	}
	if v, err := b.Users.View(b.Ctx, b.Space, u); err != nil || !v.BearerKeys {
		t.Errorf("shown: %+v, %v", v, err)
	}
}
