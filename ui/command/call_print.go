package command

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"ferry/model"
	"ferry/ui/jq"
)

// responseView is the outside shape of a call. Body is the value for a JSON body, a
// string for other text, null for other bytes, which are in BodyBase64 then, and for a
// body that went to a file.
type responseView struct {
	Status     int             `json:"status"`
	Headers    map[string]any  `json:"headers"` // name → value, or a list of values when it came more than once
	TimingMS   timingView      `json:"timing_ms"`
	Body       json.RawMessage `json:"body"`
	BodyBase64 string          `json:"body_base64,omitempty"`
	File       string          `json:"file,omitempty"`
	Size       int64           `json:"size"`
	Truncated  bool            `json:"truncated"`
}

// timingView is in milliseconds; a part that did not happen is 0.
type timingView struct {
	DNS     float64 `json:"dns"`
	Connect float64 `json:"connect"`
	TLS     float64 `json:"tls"`
	Wait    float64 `json:"wait"`
	Body    float64 `json:"body"`
	Total   float64 `json:"total"`
}

func timingOf(t model.Timing) timingView {
	ms := func(d time.Duration) float64 { return math.Round(float64(d)/float64(time.Microsecond)) / 1000 }
	return timingView{ms(t.DNS), ms(t.Connect), ms(t.TLS), ms(t.Wait), ms(t.Body), ms(t.Total)}
}

func headersOf(hs []model.Param) map[string]any {
	out := map[string]any{}
	for _, h := range hs {
		switch was := out[h.Name].(type) {
		case nil:
			out[h.Name] = h.Value
		case string:
			out[h.Name] = []string{was, h.Value}
		case []string:
			out[h.Name] = append(was, h.Value)
		}
	}
	return out
}

// showResponse prints an answer, whatever its status.
func (a *app) showResponse(ctx context.Context, f *callFlags, resp *model.Response) error {
	if a.json() {
		return a.responseJSON(ctx, f, resp)
	}
	if f.include {
		a.printHead(resp)
	}
	switch {
	case f.file != "":
		fmt.Fprintf(a.errOut, "%d bytes written to %s\n", resp.Size, model.Printable(f.file))
		return nil
	case f.jq != "":
		results, err := filter(ctx, f.jq, resp)
		if err != nil {
			return err
		}
		for _, r := range results {
			if err := wrote(a.out, a.toTerminal(lineOf(r))+"\n"); err != nil {
				return err
			}
		}
		return nil
	}
	return a.printBody(resp.Body)
}

func (a *app) printHead(resp *model.Response) {
	fmt.Fprintln(a.out, a.toTerminal(strings.TrimSpace(fmt.Sprintf("%s %d %s", resp.Proto, resp.Status, http.StatusText(resp.Status)))))
	for _, h := range resp.Headers {
		fmt.Fprintln(a.out, a.toTerminal(h.Name+": "+h.Value))
	}
	fmt.Fprintln(a.out)
}

// printBody writes the very bytes to a pipe or a file; to a terminal, JSON is
// indented and whatever could act on the terminal is spelled out.
func (a *app) printBody(body []byte) error {
	if !a.env.Terminals.Out {
		_, err := a.out.Write(body)
		return err
	}
	text := string(body)
	if indented, ok := jq.Indent(body); ok {
		text = string(indented)
	}
	text = model.PrintableLines(text)
	if text != "" && !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	return wrote(a.out, text)
}

func (a *app) responseJSON(ctx context.Context, f *callFlags, resp *model.Response) error {
	v := responseView{
		Status: resp.Status, Headers: headersOf(resp.Headers), TimingMS: timingOf(resp.Exchange.Timing),
		Body: json.RawMessage("null"), File: f.file, Size: resp.Size, Truncated: resp.Truncated,
	}
	switch {
	case f.file != "":
	case f.jq != "":
		results, err := filter(ctx, f.jq, resp)
		if err != nil {
			return err
		}
		v.Body = jsonList(results)
	case json.Valid(resp.Body):
		v.Body = resp.Body
	case utf8.Valid(resp.Body):
		v.Body = quoteJSON(string(resp.Body))
	default:
		v.BodyBase64 = base64.StdEncoding.EncodeToString(resp.Body)
	}
	writeJSON(a.out, v)
	return nil
}

func quoteJSON(s string) json.RawMessage {
	var b bytes.Buffer
	writeJSON(io.Writer(&b), s)
	return b.Bytes()
}
