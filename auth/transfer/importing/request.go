package importing

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"ferry/model"
	"ferry/model/calls"
)

// builder makes the requests of units.
type builder struct {
	t      *model.Transfer
	method string
	create string // path of records that are not there yet; with upsert only
	header string // of the idempotency key, "" for none
	typed  bool   // the target's headers say the content type
}

func newBuilder(t *model.Transfer) *builder {
	b := &builder{t: t, method: t.Write.Method, header: t.Write.Idempotency}
	if b.method == "" {
		b.method = http.MethodPost
	}
	switch {
	case b.header == "":
		b.header = "Idempotency-Key"
	case strings.EqualFold(b.header, model.NoIdempotency):
		b.header = ""
	}
	if t.Write.Upsert {
		if t.Write.Method == "" {
			b.method = http.MethodPut
		}
		if b.create = t.Write.CreatePath; b.create == "" {
			b.create = beforePlaces(t.Target.Path)
		}
	}
	for _, h := range t.Target.Headers {
		b.typed = b.typed || strings.EqualFold(h.Name, "Content-Type")
	}
	return b
}

// beforePlaces is a path up to its first place: /products/{sku}?lang=en is /products?lang=en.
func beforePlaces(path string) string {
	path, query, has := strings.Cut(path, "?")
	for _, name := range calls.Places(path)[:1] {
		path, _, _ = strings.Cut(path, "{"+name+"}")
	}
	path = strings.TrimRight(path, "/")
	if has {
		path += "?" + query
	}
	return path
}

// repeatable reports whether sending a unit twice is as good as once: because the target
// knows the key, or by the method (RFC 9110 §9.2.2).
func (b *builder) repeatable() bool {
	return b.header != "" || b.method == http.MethodPut
}

// lookup asks whether a record is there.
func (b *builder) lookup(u *unit) model.Request {
	return model.Request{Method: http.MethodGet, Path: u.path, Query: b.t.Target.Query, Headers: b.t.Target.Headers}
}

// write is the request that carries a unit.
func (b *builder) write(u *unit, method, path string, more ...model.Param) model.Request {
	r := model.Request{Method: method, Path: path, Query: b.t.Target.Query, Body: b.body(u)}
	r.Headers = append(r.Headers, b.t.Target.Headers...)
	if !b.typed {
		r.Headers = append(r.Headers, model.Param{Name: "Content-Type", Value: "application/json"})
	}
	if b.header != "" {
		r.Headers = append(r.Headers, model.Param{Name: b.header, Value: b.key(u, method)})
	}
	r.Headers = append(r.Headers, more...)
	return r
}

// body is what a unit sends: its record, or all of them as an array.
func (b *builder) body(u *unit) []byte {
	if b.t.Write.Batch <= 1 {
		return u.items[0].body
	}
	size := len(b.t.Write.BatchField) + 16
	for i := range u.items {
		size += len(u.items[i].body) + 1
	}
	out := make([]byte, 0, size)
	if f := b.t.Write.BatchField; f != "" {
		name, err := json.Marshal(f)
		if err != nil {
			name = []byte(`""`) // any text is a name: it cannot fail
		}
		out = append(append(append(out, '{'), name...), ':')
	}
	out = append(out, '[')
	for i := range u.items {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, u.items[i].body...)
	}
	out = append(out, ']')
	if b.t.Write.BatchField != "" {
		out = append(out, '}')
	}
	return out
}

// key is the idempotency key of a unit: the same whenever it is sent, a UUID (RFC 9562,
// version 8) because some targets take no other. With upsert what creates and what changes are
// two requests, and have one each.
func (b *builder) key(u *unit, method string) string {
	first := &u.items[0]
	text := append(make([]byte, 0, 96), b.t.ID...)
	for _, n := range []int64{first.record, int64(first.index), int64(len(u.items))} {
		text = strconv.AppendInt(append(text, ' '), n, 10)
	}
	if b.create != "" {
		text = append(append(text, ' '), method...)
	}
	sum := sha256.Sum256(text)
	sum[6] = sum[6]&0x0f | 0x80
	sum[8] = sum[8]&0x3f | 0x80
	h := hex.EncodeToString(sum[:16])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}
