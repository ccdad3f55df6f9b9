package storage

import (
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"ferry/model"
)

var network = rapid.Custom(func(t *rapid.T) netip.Prefix {
	addr, _ := netip.AddrFromSlice(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "address"))
	if rapid.Bool().Draw(t, "v4") {
		addr, _ = netip.AddrFromSlice(rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "v4 address"))
	}
	return netip.PrefixFrom(addr, rapid.IntRange(0, addr.BitLen()).Draw(t, "bits"))
})

func TestEveryAPIUserReadsBackAsItWasWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := func(name string) string { return text.Draw(t, name) }
		want := model.APIUser{
			ID: model.ID(s("id")), Space: model.ID(s("space")), Username: s("name"), Description: s("note"), State: model.State(s("state")),
			OAuth: rapid.Bool().Draw(t, "oauth"), BearerKeys: rapid.Bool().Draw(t, "bearer keys"), TTL: time.Duration(rapid.Int64().Draw(t, "ttl")),
			Networks: some(rapid.SliceOfN(network, 0, 3).Draw(t, "networks")), Expires: moment.Draw(t, "expires"), Revision: rapid.Uint64().Draw(t, "revision"),
			Created: model.Stamp{At: moment.Draw(t, "created"), By: s("creator")}, Updated: model.Stamp{At: moment.Draw(t, "updated"), By: s("updater")},
		}
		for range rapid.IntRange(0, 3).Draw(t, "permissions") {
			want.Permissions = append(want.Permissions, model.Permission(s("permission")))
		}
		var got userRecord
		roundTrip(t, userRecordOf(want), &got)
		if diff := cmp.Diff(want, got.model(), cmpopts.EquateComparable(netip.Prefix{})); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestEveryAPIKeyReadsBackAsItWasWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := func(name string) string { return text.Draw(t, name) }
		want := model.APIKey{
			ID: model.ID(s("id")), Space: model.ID(s("space")), User: model.ID(s("user")), Label: s("label"),
			Digest: [32]byte(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "digest")), Expires: moment.Draw(t, "expires"),
			Revoked: model.Stamp{At: moment.Draw(t, "revoked"), By: s("revoker")}, Replaces: model.ID(s("replaces")),
			Revision: rapid.Uint64().Draw(t, "revision"), Created: model.Stamp{At: moment.Draw(t, "created"), By: s("creator")},
		}
		var got keyRecord
		roundTrip(t, keyRecordOf(want), &got)
		same(t, got.model(), want)
	})
}
