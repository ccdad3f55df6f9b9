package call

import (
	"context"
	"testing"

	"ferry/model"
	"ferry/ui/screens/screentest"
)

const metadata = `<?xml version="1.0"?><edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx"><edmx:DataServices>
<Schema Namespace="HR" xmlns="http://docs.oasis-open.org/odata/ns/edm"><EntityType Name="Job"><Key><PropertyRef Name="id"/></Key>
<Property Name="id" Type="Edm.Int64"/></EntityType><EntityContainer Name="C"><EntitySet Name="Jobs" EntityType="HR.Job"/></EntityContainer></Schema></edmx:DataServices></edmx:Edmx>`

// From the description of a service to its entity set, and through its pages to the end.
func TestAnODataServiceIsReadAndPagedThrough(t *testing.T) {
	fx, c := fixture(t, nil)
	fx.Caller.Answer = func(_ context.Context, n int, _ model.Client, _ model.Request) (model.Response, error) {
		switch n {
		case 1:
			return model.Response{Status: 200, Body: []byte(metadata), Headers: []model.Param{{Name: "Content-Type", Value: "application/xml"}}}, nil
		case 2:
			return screentest.JSON(200, `{"value":[{"id":1}],"@odata.nextLink":"Jobs?$skiptoken=2"}`), nil
		}
		return screentest.JSON(200, `{"value":[{"id":2}]}`), nil
	}
	d := open(t, fx, c).Type("odata/$metadata").Press("enter").See("EntitySet Name").Press("E").See("Jobs").See("HR.Job · key id").Press("enter")
	d.See("/odata/Jobs").Press("enter").See(`"id": 1`).Press(">").See(`"id": 2`)
	if _, r := fx.Caller.Last(); r.Path != "/odata/Jobs?$skiptoken=2" {
		t.Fatalf("sent %q", r.Path)
	}
	d.Press(">").Noticed("names no next page").Press("E").Noticed("no description of an OData service")
}
