package importing

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"ferry/model"
)

func TestRecordsOfEachFormatArriveOnce(t *testing.T) {
	for format, text := range map[model.FileFormat]string{
		model.NDJSON:    "{\"sku\":\"A\",\"price\":{\"amount\":\"1\"}}\n\n{\"sku\":\"B\",\"price\":{\"amount\":\"2\"}}",
		model.JSONArray: " [ {\"sku\":\"A\",\"price\":{\"amount\":\"1\"}} ,\n{\"sku\":\"B\",\"price\":{\"amount\":\"2\"}}]\n",
		model.CSV:       "sku,price.amount\nA,1\nB,2\n",
	} {
		t.Run(string(format), func(t *testing.T) {
			b := newBench(t).write(format, text)
			b.mustRun()
			want := map[string]int{
				`POST /products {"sku":"A","price":{"amount":"1"}}`: 1,
				`POST /products {"sku":"B","price":{"amount":"2"}}`: 1,
			}
			if fmt.Sprint(b.target.applied) != fmt.Sprint(want) {
				t.Errorf("%v", b.target.applied)
			}
			if p := b.last; p.Records != 2 || p.Created != 2 || p.Rejected != 0 || p.Requests != 2 || p.Bytes != int64(len(text)) || p.Size != p.Bytes {
				t.Errorf("%+v", p)
			}
			if b.rejected() != nil {
				t.Error("a rejects file without a reject")
			}
		})
	}
}

// CASES Transfers: rows rejected by the API → a rejects file with reasons, the rest goes on.
func TestRefusedRecordsGoToTheRejectsFileAndTheRestGoesOn(t *testing.T) {
	b := newBench(t).write(model.NDJSON, numbered(10)+"{broken\n"+numbered(1))
	b.target.answer = func(w http.ResponseWriter, _ *http.Request, body []byte) bool {
		if !strings.Contains(string(body), `"n":7`) {
			return false
		}
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(422)
		fmt.Fprint(w, `{"title":"Unprocessable","detail":"n must not be seven"}`)
		return true
	}
	b.mustRun()
	got := b.rejected()
	if len(got) != 2 || b.last.Created != 10 || b.last.Rejected != 2 || b.last.Records != 12 {
		t.Fatalf("%q %+v", got, b.last)
	}
	for _, want := range []string{
		`{"record":7,"row":7,"status":422,"reason":"422 Unprocessable Entity: n must not be seven","data":{"sku":"S7","n":7}}`,
		`{"record":11,"row":11,"status":0,"reason":"not JSON: `,
	} {
		if !strings.Contains(strings.Join(got, "\n"), want) {
			t.Errorf("%s is not in %q", want, got)
		}
	}
	if len(b.faults) != 2 {
		t.Errorf("%+v", b.faults)
	}
}
