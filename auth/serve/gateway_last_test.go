package serve

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"ferry/model"
)

// The last call of each client is written when the server has closed, however short before it
// was made: whoever closes the store then loses nothing, and nothing is logged about it.
func TestTheLastCallIsWrittenAtClose(t *testing.T) {
	k, _ := newGate(t, func(w io.Writer, r *http.Request) bool {
		status := "200 OK"
		if strings.HasSuffix(r.URL.Path, "/last") {
			status = "404 Not Found"
		}
		_, err := io.WriteString(w, "HTTP/1.1 "+status+"\r\nContent-Length: 2\r\n\r\n{}")
		return err == nil
	}, nil)
	token := "Authorization: Bearer " + k.token()
	for _, path := range []string{"/first", "/second", "/last"} {
		k.do("GET", "/gw/erp"+path, "", token)
	}
	must(t, k.Close())
	list, err := k.desk.Clients.List(k.ctx(), k.desk.Space, nil)
	must(t, err)
	var last model.Runtime
	for _, c := range list {
		last = c.Runtime
	}
	if len(list) != 1 || last.LastStatus != http.StatusNotFound {
		t.Errorf("%d clients, the last call as stored: %+v", len(list), last)
	}
	if text := logged.String(); strings.Contains(text, "last call not remembered") {
		t.Error(text)
	}
}
