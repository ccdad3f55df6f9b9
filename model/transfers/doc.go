// Package transfers holds every rule about exports, imports and syncs: who may start one,
// what a protected target asks for, when a sync is due, that nothing runs twice at once,
// what is kept of a run, and how one goes on after it was cut off.
//
// It imports model only; records are moved by model.Mover, files opened by model.Files. It
// never looks into a checkpoint, a page or a record.
package transfers
