package seal_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"testing"

	"ferry/model"
	"ferry/storage/seal"
)

// The digest of an API key is that of this store's pepper: the same whoever unlocked the
// vault, another in another store, and no plain hash that could be tested against.
func TestTheDigestOfAKeyIsPeppered(t *testing.T) {
	one, two := identity(t), passphrase("correct horse")
	v := vault(t, one, two)
	const text = "ferry_k01jnfzjt7g3v0000000000000kKEY"
	want := v.KeyDigest(text)
	for slot, key := range []model.Key{one, two} {
		again, err := seal.Unlock(recordOf(t, v), key)
		if err != nil || again.KeyDigest(text) != want {
			t.Errorf("unlocked by slot %d it is another, or %v", slot, err)
		}
	}
	if vault(t, one).KeyDigest(text) == want {
		t.Error("another store has the same pepper")
	}
	if want == sha256.Sum256([]byte(text)) || want == v.KeyDigest(text+"x") || want == v.KeyDigest("") {
		t.Error("it is a plain hash, or that of another text")
	}
	for _, pepper := range []string{"", v.StoreID()} {
		mac := hmac.New(sha256.New, []byte(pepper))
		mac.Write([]byte(text))
		if [32]byte(mac.Sum(nil)) == want {
			t.Errorf("the pepper is %q", pepper)
		}
	}
}
