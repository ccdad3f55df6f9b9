// Package storage keeps ferry's records: it implements the model's Store and
// Inspector once, over the small contract storage/kv, whatever lies beneath it.
//
// A record is CBOR behind a version byte, under a key made of ids:
//
//	space/ID            client/SPACE/ID     run/SPACE/CLIENT    tok/CLIENT
//	hist/CLIENT/ID      audit/ID
//	ix/space/NAME       ix/client/SPACE/NAME        → the id; names in lower case
//
// storage/seal seals every value and blinds what stands behind ix/KIND/, so names,
// URLs and secrets never reach the disk. storage/bolt is the file.
//
// It imports model and its own packages. It holds no business rule: it stores what it
// is given, and the one thing it refuses is a second record with a name.
package storage
