package importing

import (
	"context"
	"errors"
	"net/http"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ferry/model"
)

// A dry run sends nothing, and shows no secret.
func TestPreviewSendsNothing(t *testing.T) {
	b := newBench(t).write(model.CSV, "sku,n\nA,1\nB\nC/D,3\nE,5\n")
	b.job.Transfer.Target = model.Endpoint{Path: "/products/{sku}", Query: []model.Param{{Name: "q", Value: "x y"}}}
	b.job.Transfer.Write.Method = http.MethodPut
	b.link.client.Auth.Method = model.AuthOAuth2
	b.link.client.Headers = []model.Header{{Name: "X-Key", Value: model.NewSecret("CANARY"), Secret: true}, {Name: "X-Tenant", Value: model.NewSecret("one")}}
	got, err := b.engine.Preview(context.Background(), b.job, 2)
	if err != nil || len(got) != 2 {
		t.Fatalf("%v %v", got, err)
	}
	key := got[1].Header[len(got[1].Header)-1]
	want := model.PlannedRequest{
		Record: 3, Method: "PUT", URL: b.target.URL + "/products/C%2FD?q=x%20y", Body: []byte(`{"sku":"C/D","n":"3"}`),
		Header: []model.Param{
			{Name: "Authorization", Value: "Bearer " + model.Mask},
			{Name: "X-Key", Value: model.Mask},
			{Name: "X-Tenant", Value: "one"},
			{Name: "Content-Type", Value: "application/json"},
			key,
		},
	}
	if diff := cmp.Diff(want, got[1]); diff != "" || key.Name != "Idempotency-Key" || len(key.Value) != 36 {
		t.Error(diff)
	}
	if len(b.target.seen()) != 0 || b.keeps != 0 {
		t.Errorf("%d requests, %d kept", len(b.target.seen()), b.keeps)
	}
	if _, err := os.Stat(rejectsName(&b.job.Transfer.File)); !os.IsNotExist(err) {
		t.Error("a rejects file")
	}
	b.write(model.NDJSON, "x\ny\n")
	if got, err := b.engine.Preview(context.Background(), b.job, 2); model.CodeOf(err) != model.EInvalid || got != nil {
		t.Errorf("%v %v", got, err)
	}
}

func TestCheckNamesEveryFieldAtFault(t *testing.T) {
	for field, edit := range map[string]func(*model.Transfer){
		"method":             func(t *model.Transfer) { t.Write.Method = "DELETE" },
		"idempotency_header": func(t *model.Transfer) { t.Write.Idempotency = "X-Api-Key" },
		"format":             func(t *model.Transfer) { t.File.Format = "xml" },
		"file":               func(t *model.Transfer) { t.File.Path = "" },
		"csv_separator":      func(t *model.Transfer) { t.File.Comma = "\"" },
		"map":                func(t *model.Transfer) { t.File.Map = []model.Param{{Name: "a", Value: "b"}} },
		"path":               func(t *model.Transfer) { t.Target.Path = "" },
		"upsert":             func(t *model.Transfer) { t.Write.Upsert = true },
		"batch":              func(t *model.Transfer) { t.Write.Batch, t.Target.Path = 2, "/p/{a}" },
		"create_path":        func(t *model.Transfer) { t.Write.CreatePath = "/x" },
		"batch_field":        func(t *model.Transfer) { t.Write.BatchField = "x" },
		"parallel":           func(t *model.Transfer) { t.Write.Parallel = 65 },
		"max_rejects":        func(t *model.Transfer) { t.Write.MaxRejects = -1 },
		"jq":                 func(t *model.Transfer) { t.Shape = ".a |" },
		"all_or_nothing":     func(t *model.Transfer) { t.Write.WholeOnly, t.File.Path = true, "-" },
	} {
		b := newBench(t)
		edit(&b.job.Transfer)
		var e *model.Error
		if err := b.engine.Check(&b.job.Transfer); !errors.As(err, &e) || e.Code != model.EInvalid || e.Field != field || len(e.Fields) != 1 {
			t.Errorf("%s: %+v", field, err)
		}
	}
}
