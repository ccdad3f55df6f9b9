package problem_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"ferry/auth/problem"
	"ferry/model"
)

func TestAProblemIsOneLineOfJSON(t *testing.T) {
	for want, p := range map[string]problem.Problem{
		`{"type":"about:blank","title":"Not Found","status":404,"detail":"there is <nothing> here","code":"not_found"}`: {
			Status: http.StatusNotFound, Detail: "there is <nothing> here", Code: model.ENotFound,
		},
		`{"type":"about:blank","title":"Bad Request","status":400,"detail":"x: y","code":"invalid","field":"x",` +
			`"fields":[{"field":"x","message":"y"}],"next":"do z","scope":"clients:view"}`: {
			Status: http.StatusBadRequest, Detail: "x: y", Code: model.EInvalid, Field: "x",
			Fields: []model.FieldError{{Field: "x", Message: "y"}}, Next: "do z", Scope: "clients:view",
		},
	} {
		w := httptest.NewRecorder()
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", "7")
		p.Write(w)
		h := w.Result().Header
		if got := w.Body.String(); got != want+"\n" || w.Code != p.Status {
			t.Errorf("status %d\n got %s\nwant %s", w.Code, got, want)
		}
		if h.Get("Content-Type") != problem.MediaType || h.Get("Cache-Control") != "no-store" || h.Get("Content-Length") != "" {
			t.Errorf("headers %v", h)
		}
	}
}
