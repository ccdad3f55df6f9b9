package storage

import (
	"strings"

	"ferry/model"
	"ferry/storage/seal"
)

// The kinds of record, the first part of their keys.
const (
	kindSpace   = "space/"
	kindClient  = "client/"
	kindRuntime = "run/"
	kindToken   = "tok/"
	kindHistory = "hist/"
	kindAudit   = "audit/"
	kindUser    = "user/"
	kindKey     = "key/"
	kindKeyOf   = "ukey/" // space, user, key: which keys a user has
	kindUse     = "use/"
	kindConfig  = "serve/"
	kindSigning = "sign/"
	kindRevoked = "revoked/"
	kindSaved   = "saved/"
	kindRule    = "rule/" // space, user, client

	kindTransfer      = "transfer/"
	kindTransferState = "tstate/"
	kindTransferRun   = "trun/"   // transfer, run
	kindTransferFault = "tfault/" // all faults of one transfer in one record
	kindSyncShard     = "tshard/" // transfer, number

	indexSpace  = seal.IndexPrefix + kindSpace
	indexClient = seal.IndexPrefix + kindClient
	indexUser   = seal.IndexPrefix + kindUser
	indexSaved  = seal.IndexPrefix + kindSaved

	indexTransfer = seal.IndexPrefix + kindTransfer
)

// maxID keeps a key of three ids well below the limit of a key.
const maxID = 64

// key joins a kind and ids. EInvalid for an id that would not stay in its place.
func key(kind string, ids ...model.ID) ([]byte, error) {
	var b strings.Builder
	b.WriteString(kind)
	for i, id := range ids {
		if i > 0 {
			b.WriteByte('/')
		}
		if !plainID(id) {
			return nil, model.Errorf(model.EInvalid, "%s is not an id", model.Printable(string(id))).WithField("id")
		}
		b.WriteString(string(id))
	}
	return []byte(b.String()), nil
}

func plainID(id model.ID) bool {
	if id == "" || len(id) > maxID {
		return false
	}
	return strings.IndexFunc(string(id), func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' || r == '.')
	}) < 0
}

// fold is how names are compared: without case.
func fold(name string) []byte { return []byte(strings.ToLower(name)) }

// spaceName is the index key of a space's name.
func spaceName(name string) []byte { return append([]byte(indexSpace), fold(name)...) }

// clientName is the index key of a client's name in its space.
func clientName(space model.ID, name string) []byte {
	return append([]byte(indexClient+string(space)+"/"), fold(name)...)
}

// username is the index key of an API user's name, unique in the whole store.
func username(name string) []byte { return append([]byte(indexUser), fold(name)...) }

// savedName is the index key of a saved call's name among those of its client.
func savedName(client model.ID, name string) []byte {
	return append([]byte(indexSaved+string(client)+"/"), fold(name)...)
}

// transferName is the index key of a sync's name in its space.
func transferName(space model.ID, name string) []byte {
	return append([]byte(indexTransfer+string(space)+"/"), fold(name)...)
}
