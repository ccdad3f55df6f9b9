package outbound

import (
	"bytes"
	"encoding/json"
	"math"
	"mime"
	"net/url"
	"strconv"
	"strings"
	"time"

	"ferry/model"
)

// maxLifetime is the longest lifetime that is believed. Whoever says more, or says
// something odd, means "long" or nothing at all: the lifetime is unknown then.
const maxLifetime = 365 * 24 * time.Hour

// reply is a token response or an error response (RFC 6749 §5.1, §5.2) read
// leniently. A member that is not text is as good as absent.
type reply struct {
	parsed      bool // it was a JSON object or a form
	access      string
	kind        string
	scope       string
	code        string
	hasError    bool
	description string
	lifetime    time.Duration // 0: unknown
	refresh     string
	others      []model.Secret
}

// parseReply reads a JSON object, whatever its content type says, or a form when the
// content type says so.
func parseReply(contentType string, body []byte) reply {
	media, _, _ := mime.ParseMediaType(contentType)
	members := map[string]json.RawMessage{}
	if err := json.Unmarshal(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")), &members); err != nil || members == nil {
		members = formMembers(media, body)
	}
	if members == nil {
		return reply{}
	}
	r := reply{
		parsed: true, access: text(members["access_token"]), kind: text(members["token_type"]), scope: scopeText(members["scope"]),
		code: text(members["error"]), description: text(members["error_description"]), lifetime: lifetime(members["expires_in"]),
		refresh: text(members["refresh_token"]),
	}
	if raw, ok := members["error"]; ok && r.code == "" {
		// Some nest the error in an object; null and "" are no error.
		r.code, r.description = nestedError(raw, r.description)
		r.hasError = r.code != "" || string(raw) != "null" && string(raw) != `""` && string(raw) != "false"
	}
	r.hasError = r.hasError || r.code != ""
	for _, name := range []string{"refresh_token", "id_token"} {
		if s := text(members[name]); s != "" {
			r.others = append(r.others, model.NewSecret(s))
		}
	}
	return r
}

// formMembers reads a form-encoded answer as if it were JSON; nil when it is none.
func formMembers(media string, body []byte) map[string]json.RawMessage {
	if media != "application/x-www-form-urlencoded" && media != "text/plain" {
		return nil
	}
	v, err := url.ParseQuery(strings.TrimSpace(string(body)))
	if err != nil || !v.Has("access_token") && !v.Has("error") {
		return nil
	}
	out := map[string]json.RawMessage{}
	for name := range v {
		if raw, err := json.Marshal(v.Get(name)); err == nil {
			out[name] = raw
		}
	}
	return out
}

func nestedError(raw json.RawMessage, description string) (code, desc string) {
	var o map[string]json.RawMessage
	if json.Unmarshal(raw, &o) != nil {
		return "", description
	}
	if m := text(o["message"]); m != "" {
		description = m
	}
	if code = text(o["code"]); code == "" {
		code = text(o["status"])
	}
	return code, description
}

func text(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}

// scopeText reads a scope that is a string, or a list as some servers write it.
func scopeText(raw json.RawMessage) string {
	var list []string
	if json.Unmarshal(raw, &list) == nil {
		return strings.Join(list, " ")
	}
	return text(raw)
}

// lifetime reads expires_in: a number, also as a float or in a string. Zero, a
// negative or huge number and anything else are 0, unknown. It never fails.
func lifetime(raw json.RawMessage) time.Duration {
	s := strings.TrimSpace(string(raw))
	if t := text(raw); t != "" {
		s = strings.TrimSpace(t)
	}
	// ParseFloat also takes "inf", "0x1p4" and "1_000", which no server means.
	if s == "" || len(s) > 40 || strings.Trim(s, "0123456789.eE+-") != "" {
		return 0
	}
	seconds, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(seconds) || seconds <= 0 || seconds > maxLifetime.Seconds() {
		return 0
	}
	return time.Duration(seconds * float64(time.Second)).Truncate(time.Millisecond)
}

// plain is the reply as x/oauth2 reads it without failing.
func (r *reply) plain() []byte {
	m := struct {
		Access      string `json:"access_token"`
		Type        string `json:"token_type"`
		ExpiresIn   int64  `json:"expires_in"`
		Error       string `json:"error"`
		Description string `json:"error_description"`
	}{r.access, r.kind, int64(r.lifetime / time.Second), r.code, r.description}
	if r.hasError && r.code == "" {
		m.Error = "error"
	}
	out, err := json.Marshal(m)
	if err != nil {
		return nil // cannot be: strings and a number always encode
	}
	return out
}

// secrets are what an answer holds that must not be shown.
func (r *reply) secrets() []model.Secret {
	if r.access == "" {
		return r.others
	}
	return append(r.others, model.NewSecret(r.access))
}
