// Package bolt keeps the kv contract on one bbolt file.
//
// The file is opened for the length of one transaction and never held, so that any
// number of consoles, commands and servers of one account on one host share it. Every
// opening waits behind flock files of our own in the directory FILE.locks:
//
//	gate   taken first, exclusively, by everybody
//	lock   then shared by a View, exclusively by an Update; the gate is freed after
//	n-…    one file a named lock
//
// The gate keeps readers, who could pass a waiting writer for ever, in one queue with
// it. bbolt's own lock stays in place behind ours, for other tools.
//
// A mapped file that was cut short kills its reader with SIGBUS; a garbled one makes
// bbolt panic, walk in circles, take gigabytes or write over live pages. So the size is
// compared with the file's own high-water mark before it is mapped (meta.go), the pages
// that a transaction is about to touch are proved first (pages.go), and whatever bbolt
// still trips over becomes an ECorrupt error (session.go).
//
// It imports model and storage/kv. It must never create a store as a side effect of
// opening one, never overwrite one, and never wait without a limit.
package bolt
