// Package apiusers holds the rules about API users: the machine identities as which
// other systems use the hub. It says what a user may be, who may change one, and
// resolves call permissions between the names that people type and the ids that are
// stored.
//
// It imports model and its use-cases only. It must never let an API user pass on a
// permission that it lacks itself, nor change a user that may do more than it may.
package apiusers
