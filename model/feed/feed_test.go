package feed

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

const version4 = `<?xml version="1.0" encoding="utf-8"?>
<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx"><edmx:DataServices>
<Schema Namespace="Shop.Model" Alias="Self" xmlns="http://docs.oasis-open.org/odata/ns/edm">
  <EntityType Name="Base" Abstract="true"><Key><PropertyRef Name="ID"/></Key><Property Name="ID" Type="Edm.Guid" Nullable="false"/></EntityType>
  <EntityType Name="Product" BaseType="Self.Base"><Property Name="Name" Type="Edm.String"/>
    <Property Name="Size" Type="Shop.Model.Size"><Annotation Term="x"><Record><PropertyValue Property="y"/></Record></Annotation></Property>
    <NavigationProperty Name="Parts" Type="Collection(Self.Product)"/></EntityType>
  <ComplexType Name="Size"><Property Name="Width" Type="Edm.Decimal"/></ComplexType>
  <EntityContainer Name="C"><EntitySet Name="Products" EntityType="Self.Product"><NavigationPropertyBinding Path="Parts" Target="Products"/></EntitySet>
    <Singleton Name="Me" Type="Self.Base"/><EntitySet Name="Elsewhere" EntityType="Other.Thing"/></EntityContainer>
</Schema></edmx:DataServices></edmx:Edmx>`

const version2 = `<edmx:Edmx Version="1.0" xmlns:edmx="http://schemas.microsoft.com/ado/2007/06/edmx" xmlns:m="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata">
<edmx:DataServices m:DataServiceVersion="2.0"><Schema Namespace="NW" xmlns="http://schemas.microsoft.com/ado/2008/09/edm">
<EntityType Name="Order"><Key><PropertyRef Name="OrderID"/><PropertyRef Name="Line"/></Key><Property Name="OrderID" Type="Edm.Int32" m:Type="no"/><Property Name="Line" Type="Edm.Int16"/></EntityType></Schema>
<Schema Namespace="NWC" xmlns="http://schemas.microsoft.com/ado/2008/09/edm"><EntityContainer Name="E" m:IsDefaultEntityContainer="true"><EntitySet Name="Orders" EntityType="NW.Order"/>
<AssociationSet Name="A" Association="NW.A"><End Role="x" EntitySet="Orders"/></AssociationSet></EntityContainer></Schema></edmx:DataServices></edmx:Edmx>`

func TestEntitySetsOfEachVersion(t *testing.T) {
	for document, want := range map[string][]Set{
		version4: {
			{"Products", "Shop.Model.Product", []string{"ID"}, []Property{{"ID", "Edm.Guid"}, {"Name", "Edm.String"}, {"Size", "Shop.Model.Size"}}},
			{Name: "Elsewhere", Type: "Other.Thing"},
		},
		"\ufeff" + version2: {{"Orders", "NW.Order", []string{"OrderID", "Line"}, []Property{{"OrderID", "Edm.Int32"}, {"Line", "Edm.Int16"}}}},
		`<Edmx><DataServices><Schema Namespace="x"/></DataServices></Edmx>`: nil,
	} {
		got, err := Sets([]byte(document))
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
	}
}

// CASES Client side: a document that is none, or means harm, is an error in words.
func TestAHostileDocumentIsRefused(t *testing.T) {
	deep := strings.Repeat("<a>", 200)
	many := strings.Repeat(`<EntitySet Name="a" EntityType="x"/>`, maxSets+1)
	wide := strings.Repeat(`<Property Name="p" Type="t"/>`, 20_000)
	sets := strings.Repeat(`<EntitySet Name="a" EntityType="n.E"/>`, 100)
	for document, want := range map[string]string{
		"":                         "empty",
		"  ":                       "empty",
		"hello":                    "not XML",
		`{"$Version":"4.0"}`:       "is JSON",
		"<html><body></body>":      "ends too early",
		"<html><body/></html>":     "no schema of OData",
		"<a></b>":                  "not well-formed",
		"<Edmx>&boom;</Edmx>":      "an entity of its own",
		version4[:len(version4)/2]: "ends too early",
		`<?xml version="1.0" encoding="utf-16"?><Edmx/>`:                        "another encoding",
		`<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><Edmx>&b;</Edmx>`: "DOCTYPE",
		deep:                               "nested more than 64 deep",
		"<Schema><EntityContainer>" + many: "more than 20000 entity sets",
		strings.Repeat(" ", maxMetadata+1): "larger than 16 MiB",
		`<Schema Namespace="n"><EntityType Name="E">` + wide + "</EntityType><EntityContainer>" + sets + "</EntityContainer></Schema>": "more than 500000 properties",
	} {
		got, err := Sets([]byte(document))
		if err == nil || !strings.Contains(err.Error(), want) || got != nil {
			t.Errorf("%.60q: %d sets, %v, want %q", document, len(got), err, want)
		}
	}
	circle := `<Schema Namespace="n"><EntityType Name="A" BaseType="n.B"><Property Name="p"/></EntityType><EntityType Name="B" BaseType="n.A"/>` +
		`<EntityContainer><EntitySet Name="s" EntityType="n.A"/></EntityContainer></Schema>`
	if got, err := Sets([]byte(circle)); err != nil || len(got) != 1 || len(got[0].Properties) > maxBases {
		t.Errorf("types derived in a circle: %d, %v", len(got), err)
	}
}

func TestTheLinkToTheNextPage(t *testing.T) {
	for body, want := range map[string]string{
		`{"@odata.context":"x","value":[{"a":"}]"}],"@odata.nextLink":"https://a/P?$skip=2"}`: "https://a/P?$skip=2",
		`{"@odata.nextLink":"P?a=1\u00262","value":[]}`:                                       "P?a=1&2",
		`{"@nextLink":"x"}`: "x",
		`{"odata.nextLink":"x","value":[1,-2.5e3,true,null]}`:           "x",
		`{"n":1 ,"b":true,"o":{},"\u0040odata.nextLink":"x" }`:          "x",
		`{"d":{"results":[{"__next":"no"}],"__next":"https://a/next"}}`: "https://a/next",
		"\ufeff {\"d\" : { \"__next\" : \"x\" } }":                      "x",
		`{"d":[{"__next":"no"}]}`:                                       "",
		`{"d":"x","@odata.nextLink":"y"}`:                               "y",
		`{"d":{"a":1},"@odata.nextLink":"y"}`:                           "y",
		`{"value":[{"@odata.nextLink":"no"}]}`:                          "",
		`{"Parts@odata.nextLink":"no"}`:                                 "",
		`{"@odata.nextLink":null}`:                                      "",
		`{"@odata.nextLink":7,"d":{"__next":"x"}}`:                      "x",
		`{"value":[{"a":"cut off`:                                       "",
		`{"@odata.nextLink":"cut`:                                       "",
		`[{"@odata.nextLink":"no"}]`:                                    "",
		`<feed/>`:                                                       "",
		``:                                                              "",
		`{`:                                                             "",
		`{"a"`:                                                          "",
		`{"a":]`:                                                        "",
		`{"@odata.nextLink":"` + strings.Repeat("x", maxLink) + `"}`:                            "",
		`{"v":` + strings.Repeat("[", 1<<20):                                                    "",
		`{"v":` + strings.Repeat("[", 1<<16) + strings.Repeat("]", 1<<16) + `,"@nextLink":"x"}`: "x",
	} {
		if got := Next([]byte(body)); got != want {
			t.Errorf("%.80q: %.40q, want %q", body, got, want)
		}
	}
}

// Wherever the link stands in an object, and whatever stands around it, it is found.
func TestTheLinkIsFoundAmongAnything(t *testing.T) {
	value := rapid.Custom(func(t *rapid.T) any {
		return rapid.SampledFrom([]any{
			nil, true, 1.5, "a\"}]{[,:\\", []any{}, []any{1, "]", map[string]any{"@odata.nextLink": "no"}}, map[string]any{"d": map[string]any{"__next": "no"}},
		}).Draw(t, "value")
	})
	rapid.Check(t, func(t *rapid.T) {
		keys := rapid.SliceOfNDistinct(rapid.StringMatching(`[a-z"\\]{1,4}x`), 0, 6, rapid.ID[string]).Draw(t, "keys")
		link := rapid.StringN(1, 30, -1).Draw(t, "link")
		at := rapid.IntRange(0, len(keys)).Draw(t, "at")
		var parts []string
		put := func(k string, v any) {
			kb, _ := json.Marshal(k)
			vb, _ := json.Marshal(v)
			parts = append(parts, fmt.Sprintf("%s: %s", kb, vb))
		}
		for i := 0; i <= len(keys); i++ {
			if i == at {
				put("@odata.nextLink", link)
			}
			if i < len(keys) {
				put(keys[i], value.Draw(t, "v"))
			}
		}
		if got := Next([]byte("{" + strings.Join(parts, " ,\n") + "}")); got != link {
			t.Fatalf("%q, want %q", got, link)
		}
	})
}

func FuzzNext(f *testing.F) {
	f.Add([]byte(`{"d":{"results":[],"__next":"x"},"@odata.nextLink":"y"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		if got := Next(body); len(got) > maxLink {
			t.Errorf("a link of %d bytes", len(got))
		}
	})
}

func FuzzSets(f *testing.F) {
	f.Add([]byte(version4))
	f.Add([]byte(version2))
	f.Fuzz(func(t *testing.T, document []byte) {
		began := time.Now()
		sets, err := Sets(document)
		if err == nil && len(sets) > maxSets {
			t.Errorf("%d sets", len(sets))
		}
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("%d bytes took %v", len(document), took)
		}
	})
}

func BenchmarkNextBehind8MB(b *testing.B) {
	body := []byte(`{"value":[` + strings.Repeat(`{"ID":12345,"Name":"a name with \"quotes\"","Price":1.5},`, 140_000) + `{}],"@odata.nextLink":"x"}`)
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		if Next(body) != "x" {
			b.Fatal("not found")
		}
	}
}
