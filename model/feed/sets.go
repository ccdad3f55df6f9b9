package feed

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"
)

// Limits on a $metadata document.
const (
	maxMetadata   = 16 << 20 // bytes
	maxDepth      = 64
	maxSets       = 20_000
	maxProperties = 500_000 // of all sets together, inherited ones counted again
	maxBases      = 32      // types that one type is derived from
)

// entityType is one EntityType (CSDL XML 4.01 §6).
type entityType struct {
	base       string // qualified
	keys       []string
	properties []Property
}

// csdl collects what a document says, by local names: the versions differ in namespaces only.
type csdl struct {
	path      []string          // elements that are open
	namespace string            // of the schema that is open
	aliases   map[string]string // alias → namespace
	types     map[string]*entityType
	open      *entityType
	sets      []Set // Type as it stands in the document
	schemas   int
	count     int
}

// Sets returns the entity sets of a $metadata document (CSDL XML 4.0 and 2.0/3.0), in its order.
// The error says in words what is wrong with the document.
func Sets(metadata []byte) ([]Set, error) {
	if len(metadata) > maxMetadata {
		return nil, errors.New("the document is larger than 16 MiB")
	}
	doc := csdl{aliases: map[string]string{}, types: map[string]*entityType{}}
	d := xml.NewDecoder(bytes.NewReader(metadata))
	for {
		t, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, notXML(metadata, err)
		}
		if err := doc.take(t); err != nil {
			return nil, err
		}
	}
	if doc.schemas == 0 && !bytes.Contains(metadata, []byte("<")) {
		return nil, notXML(metadata, io.EOF)
	}
	if doc.schemas == 0 {
		return nil, errors.New("the document is XML, but holds no schema of OData (Edmx with a Schema in it)")
	}
	return doc.resolve()
}

// notXML says in words why a document is not XML, without repeating any of it.
func notXML(b []byte, err error) error {
	begin := bytes.TrimLeft(bytes.TrimPrefix(b, []byte("\ufeff")), " \t\r\n")
	var syntax *xml.SyntaxError
	switch {
	case len(begin) == 0:
		return errors.New("the document is empty")
	case begin[0] == '{':
		return errors.New("the document is JSON, and only metadata in XML is read")
	case begin[0] != '<':
		return errors.New("the document is not XML")
	case strings.Contains(err.Error(), "encoding"):
		return errors.New("the document is in another encoding than UTF-8")
	case errors.As(err, &syntax) && strings.Contains(syntax.Msg, "unexpected EOF"):
		return errors.New("the document ends too early")
	case errors.As(err, &syntax) && strings.Contains(syntax.Msg, "entity"):
		return errors.New("the document uses an entity of its own, which is not read")
	}
	return errors.New("the document is not well-formed XML")
}

func (doc *csdl) take(t xml.Token) error {
	switch t := t.(type) {
	case xml.Directive:
		return errors.New("the document has a DOCTYPE, which is not read")
	case xml.StartElement:
		if len(doc.path) >= maxDepth {
			return errors.New("the document is nested more than 64 deep")
		}
		err := doc.start(t)
		doc.path = append(doc.path, t.Name.Local)
		return err
	case xml.EndElement:
		doc.path = doc.path[:len(doc.path)-1]
		if t.Name.Local == "EntityType" && doc.in("Schema") {
			doc.open = nil
		}
	}
	return nil
}

// in reports whether the innermost open elements are these.
func (doc *csdl) in(names ...string) bool {
	n := len(doc.path) - len(names)
	return n >= 0 && slices.Equal(doc.path[n:], names)
}

func (doc *csdl) start(e xml.StartElement) error {
	switch name := e.Name.Local; {
	case name == "Schema":
		doc.schemas++
		doc.namespace = attr(e, "Namespace")
		if alias := attr(e, "Alias"); alias != "" {
			doc.aliases[alias] = doc.namespace
		}
	case name == "EntityType" && doc.in("Schema"):
		doc.open = &entityType{base: attr(e, "BaseType")}
		doc.types[doc.namespace+"."+attr(e, "Name")] = doc.open
	case doc.open == nil:
		return doc.set(e)
	case name == "PropertyRef" && doc.in("EntityType", "Key"):
		doc.open.keys = append(doc.open.keys, attr(e, "Name"))
		return doc.counted(1)
	case name == "Property" && doc.in("EntityType"):
		doc.open.properties = append(doc.open.properties, Property{attr(e, "Name"), attr(e, "Type")})
		return doc.counted(1)
	}
	return nil
}

func (doc *csdl) set(e xml.StartElement) error {
	if e.Name.Local != "EntitySet" || !doc.in("EntityContainer") {
		return nil
	}
	if len(doc.sets) >= maxSets {
		return errors.New("the document has more than 20000 entity sets")
	}
	doc.sets = append(doc.sets, Set{Name: attr(e, "Name"), Type: attr(e, "EntityType")})
	return nil
}

func (doc *csdl) counted(n int) error {
	if doc.count += n; doc.count > maxProperties {
		return errors.New("the entity sets of the document have more than 500000 properties in all")
	}
	return nil
}

// resolve gives each set the keys and properties of its type, those it inherits first.
func (doc *csdl) resolve() ([]Set, error) {
	doc.count = 0
	for i := range doc.sets {
		s := &doc.sets[i]
		s.Type = doc.qualified(s.Type)
		var chain []*entityType
		for name := s.Type; len(chain) < maxBases; {
			t := doc.types[name]
			if t == nil {
				break
			}
			chain = append(chain, t)
			if t.base == "" {
				break
			}
			name = doc.qualified(t.base)
		}
		for j := len(chain) - 1; j >= 0; j-- {
			if err := doc.counted(len(chain[j].properties) + len(chain[j].keys)); err != nil {
				return nil, err
			}
			s.Keys = append(s.Keys, chain[j].keys...)
			s.Properties = append(s.Properties, chain[j].properties...)
		}
	}
	return doc.sets, nil
}

// qualified returns the name of a type with its namespace for an alias.
func (doc *csdl) qualified(name string) string {
	if i := strings.LastIndexByte(name, '.'); i >= 0 {
		if ns, ok := doc.aliases[name[:i]]; ok {
			return ns + name[i:]
		}
	}
	return name
}

func attr(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name && a.Name.Space == "" {
			return a.Value
		}
	}
	return ""
}
