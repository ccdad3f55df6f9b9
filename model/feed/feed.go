// Package feed reads what OData services say of themselves: the entity sets in a
// $metadata document, and the link to the next page in an answer.
//
// It imports the standard library only, and treats every document as hostile. It must never
// resolve an entity, follow a link, or let a document make it use more than a small multiple
// of its size.
package feed

// Set is one entity set of a service.
type Set struct {
	Name string
	Type string
	Keys []string
	// Properties with their types, in the order of the document.
	Properties []Property
}

// Property is one property of an entity.
type Property struct{ Name, Type string }
