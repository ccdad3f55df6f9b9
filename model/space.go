package model

// DefaultSpace is the name of the space that exists from the start.
const DefaultSpace = "default"

// Space is a named compartment: clients, API users and
// their keys belong to exactly one.
type Space struct {
	ID        ID
	Name      string
	Protected bool
	Deleting  bool // a deletion has begun and goes on when it is asked for again: nothing enters
	Revision  uint64
	Created   Stamp
	Updated   Stamp
}
