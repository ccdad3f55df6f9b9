package seal

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"strings"

	"golang.org/x/crypto/chacha20poly1305"

	"ferry/model"
)

// A sealed value: version, key term, nonce, ciphertext with its tag.
const (
	valueVersion = 1
	valueHead    = 1 + 4 + chacha20poly1305.NonceSizeX
	// Overhead is how many bytes sealing adds to a value.
	Overhead = valueHead + chacha20poly1305.Overhead
)

// seal seals a value for one key under the current data key.
func (v *Vault) seal(key, value []byte) []byte {
	out := make([]byte, valueHead, len(value)+Overhead)
	out[0] = valueVersion
	binary.BigEndian.PutUint32(out[1:], v.current)
	nonce := out[5:valueHead]
	_, _ = rand.Read(nonce) // never fails
	return v.terms[v.current].Seal(out, nonce, value, v.bind(key, v.current))
}

// open opens a sealed value. ECorrupt when it is not what was sealed under this key.
func (v *Vault) open(key, sealed []byte) ([]byte, error) {
	if len(sealed) < Overhead || sealed[0] != valueVersion {
		return nil, damagedRecord(key)
	}
	term := binary.BigEndian.Uint32(sealed[1:])
	aead, ok := v.terms[term]
	if !ok {
		return nil, damagedRecord(key)
	}
	value, err := aead.Open(sealed[valueHead:valueHead], sealed[5:valueHead], sealed[valueHead:], v.bind(key, term))
	if err != nil {
		return nil, damagedRecord(key)
	}
	return value, nil
}

// bind is the associated data of a value: what it is tied to, so that it opens nowhere
// else. Lengths stand before what varies, so that no two lists of parts look alike.
func (v *Vault) bind(key []byte, term uint32) []byte {
	out := make([]byte, 0, 64+len(v.storeID)+len(key))
	out = append(out, "ferry value"...)
	out = binary.BigEndian.AppendUint32(out, Format)
	out = binary.BigEndian.AppendUint32(out, uint32(len(v.storeID))) //nolint:gosec // an id
	out = append(out, v.storeID...)
	out = binary.BigEndian.AppendUint32(out, term)
	return append(out, key...)
}

// blind returns the HMAC of a term among those of its kind.
func (v *Vault) blind(kind string, term []byte) []byte {
	mac := hmac.New(sha256.New, v.index)
	mac.Write([]byte(kind))
	mac.Write([]byte{0})
	mac.Write(term)
	return mac.Sum(nil)
}

func damagedRecord(key []byte) error {
	return model.Errorf(model.ECorrupt, "the record %s is damaged: it does not open", recordName(key)).
		WithNext("see what else is damaged with: ferry store check")
}

// recordName shows a key; the blinded part of an index key says nothing to a person.
func recordName(key []byte) string {
	name := string(key)
	if rest, ok := strings.CutPrefix(name, IndexPrefix); ok {
		kind, _, _ := strings.Cut(rest, "/")
		return model.Printable("index of " + kind)
	}
	return model.Printable(name)
}
