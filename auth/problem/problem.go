// Package problem is the error answers of the served hub over HTTP (RFC 9457), in the one
// shape that all of them have. What tells errors apart is the code, not the type.
//
// It imports model and the standard library. It must never put into an answer what it was
// not given for that: no cause, no request, no secret.
package problem

import (
	"bytes"
	"encoding/json"
	"net/http"

	"ferry/model"
)

// MediaType is that of a problem (RFC 9457 §6.1).
const MediaType = "application/problem+json"

// Problem is an error answer.
type Problem struct {
	Type   string             `json:"type"`  // "" becomes "about:blank"
	Title  string             `json:"title"` // "" becomes the status in words
	Status int                `json:"status"`
	Detail string             `json:"detail"`
	Code   model.Code         `json:"code"`
	Field  string             `json:"field,omitempty"`
	Fields []model.FieldError `json:"fields,omitempty"`
	Next   string             `json:"next,omitempty"`
	Scope  string             `json:"scope,omitempty"` // the permission that is lacking (RFC 6750)
	// Of the gateway alone: why, as the log counts it, and the id by which the log has it.
	Reason    string `json:"reason,omitempty"`
	RequestID string `json:"request_id,omitempty"`
}

// Write answers p. No error answer is kept by a cache.
func (p Problem) Write(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Content-Type", MediaType)
	h.Set("Cache-Control", "no-store")
	h.Del("Content-Length") // of an answer that was begun otherwise
	if p.Type == "" {
		p.Type = "about:blank"
	}
	if p.Title == "" {
		p.Title = http.StatusText(p.Status)
	}
	var body bytes.Buffer
	enc := json.NewEncoder(&body)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(p) // texts and numbers can always be encoded
	w.WriteHeader(p.Status)
	_, _ = w.Write(body.Bytes()) // the client may have gone; there is nobody left to tell
}
