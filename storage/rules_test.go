package storage

import (
	"fmt"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"filippo.io/age"
	"github.com/google/go-cmp/cmp"

	"ferry/model"
	"ferry/storage/seal"
)

// A field that is added to a rule or an API user and forgotten in its record is found here.
func TestEveryFieldOfARuleAndAUserIsStored(t *testing.T) {
	var rule model.GatewayRule
	fill(t, reflect.ValueOf(&rule).Elem(), "rule")
	var r ruleRecord
	again(t, ruleRecordOf(&rule), &r)
	if diff := cmp.Diff(rule, r.model()); diff != "" {
		t.Error(diff)
	}
	user := model.APIUser{Username: "robot", BearerKeys: true, OAuth: true}
	var u userRecord
	again(t, userRecordOf(user), &u)
	if diff := cmp.Diff(user, u.model()); diff != "" {
		t.Error(diff)
	}
}

func again(t *testing.T, record, into any) {
	t.Helper()
	b, err := encode(record)
	if err != nil {
		t.Fatal(err)
	}
	if err := decode([]byte("k/1"), b, into); err != nil {
		t.Fatal(err)
	}
}

// What was stored before users had bearer keys and clients an exposure still reads, and says of
// them what it always meant; and what has neither is written as it always was.
func TestRecordsFromBeforeTheGatewayRead(t *testing.T) {
	type oldUser struct {
		ID       string `cbor:"1,keyasint"`
		Space    string `cbor:"2,keyasint"`
		Username string `cbor:"3,keyasint"`
		OAuth    bool   `cbor:"6,keyasint,omitempty"`
	}
	var u userRecord
	again(t, oldUser{ID: "u1", Space: "s1", Username: "robot", OAuth: true}, &u)
	if got := u.model(); got.BearerKeys || !got.OAuth || got.Username != "robot" {
		t.Errorf("%+v", got)
	}
	var old oldUser
	again(t, userRecordOf(u.model()), &old)
	type oldClient struct {
		ID    string     `cbor:"1,keyasint"`
		Space string     `cbor:"2,keyasint"`
		Name  string     `cbor:"3,keyasint"`
		Auth  authRecord `cbor:"6,keyasint"`
	}
	var c clientRecord
	again(t, oldClient{ID: "c1", Space: "s1", Name: "erp"}, &c)
	if got := c.model(); !got.Gateway.IsZero() {
		t.Errorf("%+v", got.Gateway)
	}
	var was oldClient
	again(t, recordOf(c.model()), &was)
}

func TestRulesLieByUserAndClient(t *testing.T) {
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "store")
	key := model.Key{Identity: model.NewSecret(id.String())}
	s, err := Create(t.Context(), filepath.Join(dir, "ferry.db"), []seal.NewSlot{{Key: key}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	do := func(fn func(tx model.Tx) error) {
		t.Helper()
		if err := s.Update(t.Context(), fn); err != nil {
			t.Fatal(err)
		}
	}
	do(func(tx model.Tx) error {
		for _, space := range []model.ID{"s1", "s2"} {
			for _, user := range []model.ID{"u2", "u1", "u10"} {
				for _, client := range []model.ID{"c2", "c1"} {
					if err := tx.Rules().Put(model.GatewayRule{Space: space, User: user, Client: client, Revision: 1}); err != nil {
						return err
					}
				}
			}
		}
		return tx.Rules().Put(model.GatewayRule{Space: "s1", User: "u1", Client: "c1", Revision: 2, ReadOnly: true})
	})
	pages := func(limit int) string {
		var out []string
		err := s.View(t.Context(), func(tx model.Tx) error {
			for user, client := model.ID(""), model.ID(""); ; {
				page, err := tx.Rules().Page("s1", user, client, limit)
				if err != nil {
					return err
				}
				for _, r := range page {
					out = append(out, fmt.Sprintf("%s/%s", r.User, r.Client))
					user, client = r.User, r.Client
				}
				if len(page) < limit {
					return nil
				}
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		return strings.Join(out, " ")
	}
	const all = "u1/c1 u1/c2 u10/c1 u10/c2 u2/c1 u2/c2"
	for limit := 1; limit < 8; limit++ {
		if got := pages(limit); got != all {
			t.Errorf("in pages of %d: %s", limit, got)
		}
	}
	do(func(tx model.Tx) error {
		if r, err := tx.Rules().Get("s1", "u1", "c1"); err != nil || r.Revision != 2 || !r.ReadOnly {
			t.Errorf("%+v, %v", r, err)
		}
		return tx.Rules().Delete("s1", "u1", "c1")
	})
	err = s.Update(t.Context(), func(tx model.Tx) error {
		for _, get := range []error{
			tx.Rules().Delete("s1", "u1", "c1"), tx.Rules().Delete("s1", "u/1", "c1"), tx.Rules().Delete("s1", "", ""),
		} {
			if model.CodeOf(get) != model.ENotFound || model.AsError(get).Next == "" {
				t.Errorf("a rule that is not there: %v", get)
			}
		}
		_, err := tx.Rules().Get("s3", "u1", "c1")
		return err
	})
	if model.CodeOf(err) != model.ENotFound {
		t.Errorf("another space: %v", err)
	}
	if err := s.Update(t.Context(), func(tx model.Tx) error {
		return tx.Rules().Put(model.GatewayRule{Space: "s1", User: "u/1", Client: "c1"})
	}); model.CodeOf(err) != model.EInvalid {
		t.Errorf("an id that is none: %v", err)
	}
}
