// Package feed reads what OData services say of themselves: the entity sets in a
// $metadata document, and the link to the next page in an answer.
//
// It imports the standard library only, and treats every document as hostile.
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

// Sets returns the entity sets of a $metadata document (CSDL XML 4.0 and 2.0/3.0), in its order.
// The error says in words what is wrong with the document.
func Sets(metadata []byte) ([]Set, error) { return nil, nil }

// Next returns the link to the next page of an answer: @odata.nextLink, or d.__next of
// version 2; "" when there is none.
func Next(body []byte) string { return "" }
