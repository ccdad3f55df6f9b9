package seal

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"time"

	"filippo.io/age"

	"ferry/model"
)

// maxWorkFactor is the costliest passphrase slot that is opened: 256 MiB and about a
// second. age itself would go to 2^22, which takes 4 GiB. A new slot costs as much.
const maxWorkFactor = 18

// maxPassphrases bounds how long a wrong passphrase takes.
const maxPassphrases = 4

// wrap makes a slot that holds the root for one key.
func wrap(root []byte, n NewSlot, o Options) (slotRecord, error) {
	s := slotRecord{ID: string(model.NewID(o.Now)), Label: n.Label, Created: o.Now.UnixMilli()}
	var to age.Recipient
	switch {
	case n.Key.Identity.IsSet():
		id, err := parseIdentity(n.Key)
		if err != nil {
			return s, err
		}
		s.Kind, s.Recipient, to = string(model.SlotIdentity), id.Recipient().String(), id.Recipient()
	case n.Key.Passphrase.IsSet():
		scrypt, err := age.NewScryptRecipient(n.Key.Passphrase.Reveal())
		if err != nil {
			return s, model.Errorf(model.EInvalid, "the passphrase cannot be used")
		}
		scrypt.SetWorkFactor(maxWorkFactor)
		if o.WorkFactor > 0 {
			scrypt.SetWorkFactor(o.WorkFactor)
		}
		s.Kind, to = string(model.SlotPassphrase), scrypt
	default:
		return s, model.Errorf(model.EInvalid, "a vault needs a passphrase or an identity")
	}
	if s.Label == "" {
		s.Label = s.Kind
	}
	var out bytes.Buffer
	w, err := age.Encrypt(&out, to)
	if err == nil {
		_, err = w.Write(root)
	}
	if err == nil {
		err = w.Close()
	}
	s.File = out.Bytes()
	return s, err
}

// Unlock opens the vault whose record is b. It must not run inside a transaction: a
// passphrase takes a second. ELocked, the same for every wrong key; ECorrupt when the
// record was changed; EInvalid for a newer format.
func Unlock(b []byte, key model.Key) (*Vault, error) {
	r, err := decodeRecord(b)
	if err != nil {
		return nil, err
	}
	root, slot, err := unwrapAny(r, key)
	if err != nil {
		return nil, err
	}
	v := &Vault{
		storeID: r.StoreID, created: time.UnixMilli(r.Created).UTC(), root: root,
		slots: r.slots(), slot: slot.slot(), record: b,
	}
	if !authentic(b, v.derive("header")) {
		return nil, damagedVault("the vault record was changed by somebody who does not know its keys")
	}
	ring, ok := openKeyring(r.Keyring, v.derive("keyring"), v.storeID)
	if !ok {
		return nil, damagedVault("the keyring in the vault record does not open")
	}
	v.use(ring)
	return v, nil
}

// unwrapAny tries the slots that a key could open.
func unwrapAny(r record, key model.Key) ([]byte, slotRecord, error) {
	var identity age.Identity
	var recipient string
	kind := model.SlotPassphrase
	if key.Identity.IsSet() {
		id, err := parseIdentity(key)
		if err != nil {
			return nil, slotRecord{}, err
		}
		kind, identity, recipient = model.SlotIdentity, id, id.Recipient().String()
	} else {
		scrypt, err := age.NewScryptIdentity(key.Passphrase.Reveal())
		if err != nil {
			return nil, slotRecord{}, wrongKey()
		}
		scrypt.SetMaxWorkFactor(maxWorkFactor)
		identity = scrypt
	}
	tried := 0
	for _, s := range r.Slots {
		if s.Kind != string(kind) || s.Recipient != recipient {
			continue
		}
		if tried++; tried > maxPassphrases {
			break
		}
		root, err := unwrap(s, identity)
		if root != nil || err != nil {
			return root, s, err
		}
	}
	return nil, slotRecord{}, wrongKey()
}

// unwrap opens one slot: nil without an error when the key is another.
func unwrap(s slotRecord, identity age.Identity) ([]byte, error) {
	if len(s.File) > maxSlotFile {
		return nil, badSlot(s, nil)
	}
	in, err := age.Decrypt(bytes.NewReader(s.File), identity)
	var other *age.NoIdentityMatchError
	if errors.As(err, &other) || errors.Is(err, age.ErrIncorrectIdentity) {
		return nil, nil
	}
	if err != nil {
		return nil, badSlot(s, err)
	}
	root, err := io.ReadAll(io.LimitReader(in, keySize+1))
	if err != nil || len(root) != keySize {
		return nil, badSlot(s, err)
	}
	return root, nil
}

// badSlot is for a slot that cannot be opened with any key. age's errors hold no
// secret, and are kept for the log.
func badSlot(s slotRecord, cause error) error {
	return damagedVault("the slot " + model.Printable(s.Label) +
		" of the vault record is damaged, or asks for more memory than is allowed").WithCause(cause)
}

func wrongKey() error {
	return model.Errorf(model.ELocked, "the vault does not open with this key").
		WithNext("check which passphrase or identity belongs to it with: ferry vault status")
}

// parseIdentity reads the identity of a key. The parser's error is dropped, because it
// can quote what it read.
func parseIdentity(k model.Key) (*age.X25519Identity, error) {
	id, err := age.ParseX25519Identity(strings.TrimSpace(k.Identity.Reveal()))
	if err != nil {
		return nil, model.Errorf(model.EInvalid, "%s does not hold an age X25519 identity", from(k)).
			WithNext("it is one line that begins with AGE-SECRET-KEY-1; make one with: ferry vault init --identity-out FILE")
	}
	return id, nil
}

func from(k model.Key) string {
	if k.From == "" {
		return "the key"
	}
	return model.Printable(k.From)
}
