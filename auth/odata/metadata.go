package odata

import (
	"bytes"
	"fmt"
	"net/http"
)

// document answers the service document (JSON Format 4.0 §5).
func (s *Service) document(w http.ResponseWriter) {
	var b bytes.Buffer
	fmt.Fprintf(&b, `{"@odata.context":%s,"value":[`, quoteJSON(s.Origin+s.Path+"/$metadata"))
	for i, set := range s.Sets {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"name":"%[1]s","kind":"EntitySet","url":"%[1]s"}`, set.Name)
	}
	b.WriteString("]}\n")
	head(w, http.StatusOK)
	_, _ = w.Write(b.Bytes()) // the client may have gone
}

// metadata answers the CSDL document. Every name in it is a simple identifier, so
// nothing needs an escape.
func (s *Service) metadata(w http.ResponseWriter) {
	var b bytes.Buffer
	fmt.Fprintf(&b, `<?xml version="1.0" encoding="UTF-8"?>
<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx">
  <edmx:DataServices>
    <Schema Namespace="%s" xmlns="http://docs.oasis-open.org/odata/ns/edm">
`, s.Namespace)
	for _, set := range s.Sets {
		fmt.Fprintf(&b, "      <EntityType Name=\"%s\">\n        <Key><PropertyRef Name=\"%s\"/></Key>\n", set.Type, set.Key)
		for _, p := range set.Properties {
			fmt.Fprintf(&b, "        <Property Name=\"%s\" Type=\"%s\" Nullable=\"%t\"/>\n", p.Name, p.Kind, p.Nullable)
		}
		b.WriteString("      </EntityType>\n")
	}
	b.WriteString("      <EntityContainer Name=\"Container\">\n")
	for _, set := range s.Sets {
		fmt.Fprintf(&b, "        <EntitySet Name=\"%s\" EntityType=\"%s.%s\"/>\n", set.Name, s.Namespace, set.Type)
	}
	b.WriteString("      </EntityContainer>\n    </Schema>\n  </edmx:DataServices>\n</edmx:Edmx>\n")
	w.Header().Set("OData-Version", "4.0")
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(b.Bytes()) // the client may have gone
}
