package model

// DefaultSpace is the name of the space that exists from the start.
const DefaultSpace = "default"

// Space is a named compartment: clients belong to exactly one.
type Space struct {
	ID        ID
	Name      string
	Protected bool
	Revision  uint64
	Created   Stamp
	Updated   Stamp
}
