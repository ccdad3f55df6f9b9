// Package seal is a kv decorator that seals every value and blinds every index key,
// and the vault that holds the keys for it.
//
// One random root key is wrapped once per slot, each slot an age file: for a
// passphrase (scrypt) or for an X25519 identity. From the root come, by HKDF, the keys
// that never change (index, pepper, audit, and those of the vault itself); the data
// keys are random, numbered by term and kept in a keyring under the root. So a
// passphrase can change without touching a record, and a new term can be added
// without touching the old ones.
//
// Whoever holds the file learns ids, sizes, counts, times of change, which index keys
// are equal, and the slots' labels and public keys. A value moved under another key
// does not open. An old value or an old file put back is not noticed.
//
// It imports model and storage/kv. It must never write a plain value beside the vault
// record, never return part of a value that does not open, and never put a secret, or
// what is wrong with one, into a message.
package seal
