package clients

import (
	"fmt"
	"net/textproto"
	"slices"
	"strings"

	"ferry/model"
)

// secretHeaders are secret by default: their
// values are credentials wherever they are used.
var secretHeaders = []string{
	"Authorization", "Proxy-Authorization", "Cookie", "Set-Cookie", "X-Api-Key", "Api-Key", "Apikey",
	"X-Auth-Token", "X-Access-Token", "X-Amz-Security-Token", "X-Csrf-Token", "Ocp-Apim-Subscription-Key",
}

// reservedHeaders belong to the connection or are made from the request itself
// (RFC 9110 §7.6.1), so a client cannot set them.
var reservedHeaders = []string{
	"Connection", "Content-Length", "Host", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization",
	"Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade",
}

// tokenHeadersOfFerry are headers of a token request that its body and the way of sending
// credentials decide.
var tokenHeadersOfFerry = []string{"Authorization", "Content-Type", "Content-Encoding", "Accept-Encoding"}

// SecretByName reports whether a header is secret by default: its name is known to
// carry a credential, or a word of it says so.
func SecretByName(name string) bool {
	name = textproto.CanonicalMIMEHeaderKey(strings.TrimSpace(name))
	if slices.Contains(secretHeaders, name) {
		return true
	}
	for word := range strings.FieldsFuncSeq(strings.ToLower(name), func(r rune) bool { return r == '-' || r == '_' }) {
		switch word {
		case "secret", "token", "password", "apikey", "credential", "credentials":
			return true
		}
	}
	return strings.HasSuffix(strings.ToLower(strings.ReplaceAll(name, "_", "-")), "api-key")
}

func sameHeader(a, b string) bool { return strings.EqualFold(a, b) }

const (
	maxHeaders     = 50
	maxHeaderValue = 8 << 10
)

// checkHeaders checks every header of a list whose field is called list; whether secret
// ones have their values is left to checkSecrets. Own are names that ferry sets itself there.
func checkHeaders(p *problems, list string, hs []model.Header, own []string) {
	if len(hs) > maxHeaders {
		p.addf(list, "at most %d headers", maxHeaders)
		return
	}
	seen := map[string]bool{}
	for i, h := range hs {
		field := fmt.Sprintf("%s.%d", list, i)
		switch key := strings.ToLower(h.Name); {
		case h.Name == "":
			p.addf(field, "a header needs a name")
		case !model.IsToken(h.Name):
			p.addf(field, "%q is no header name: letters, digits and !#$%%&'*+-.^_`|~ only", model.Printable(clip(h.Name)))
		case slices.Contains(reservedHeaders, textproto.CanonicalMIMEHeaderKey(h.Name)):
			p.addf(field, "%s is set by the connection itself and cannot be given", h.Name)
		case seen[key]:
			p.addf(field, "%s is given twice", h.Name)
		case slices.Contains(own, textproto.CanonicalMIMEHeaderKey(h.Name)):
			p.addf(field, "ferry sets %s of a token request itself", h.Name)
		default:
			seen[key] = true
		}
		if msg := headerValueProblem(h.Value.Reveal()); msg != "" {
			p.addf(field, "the value of %s %s", model.Printable(clip(h.Name)), msg)
		}
	}
}

// headerValueProblem says what is wrong with a header value (RFC 9110 §5.5).
func headerValueProblem(v string) string {
	switch {
	case len(v) > maxHeaderValue:
		return fmt.Sprintf("is longer than %d bytes", maxHeaderValue)
	case strings.ContainsAny(v, "\r\n"):
		return "holds a line break"
	case strings.ContainsFunc(v, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }):
		return "holds a control character"
	}
	return ""
}

func isAlnum(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
}
