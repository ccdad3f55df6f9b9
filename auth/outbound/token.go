package outbound

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"

	"golang.org/x/oauth2"

	"ferry/auth/wire"
	"ferry/model"
)

// token checks what x/oauth2 accepted and makes it ours.
func (t *tokenTrip) token(got *oauth2.Token, red *wire.Redactor) (model.Token, error) {
	if err := checkText(got.AccessToken); err != nil {
		return model.Token{}, t.unusable(err.Error())
	}
	kind, err := tokenType(t.reply.kind)
	if err != nil {
		return model.Token{}, t.unusable(err.Error())
	}
	return model.Token{Access: model.NewSecret(got.AccessToken), Type: kind, Scope: red.Line(t.reply.scope, 2000)}, nil
}

// unusable is the error for a token that was issued and cannot be used.
func (t *tokenTrip) unusable(why string) error {
	t.record.Fail(why)
	return model.Errorf(model.EUpstream, "%s issued a token that cannot be used: %s", t.target.At(t.host), why).
		WithNext("ask who runs the token endpoint; ferry does not put such a token into a header")
}

// checkText refuses a token that is not what RFC 6750 §2.1 lets into a header: only
// visible ASCII, so no line break can begin a header of its own.
func checkText(token string) error {
	if len(token) > model.MaxTokenText {
		return fmt.Errorf("it is %d characters long, more than %d", len(token), model.MaxTokenText)
	}
	for i := range len(token) {
		if c := token[i]; c <= ' ' || c > '~' {
			return fmt.Errorf("it holds the character %s at position %d", charName(c), i+1)
		}
	}
	return nil
}

func charName(c byte) string {
	switch c {
	case '\r':
		return "CR"
	case '\n':
		return "LF"
	case 0:
		return "NUL"
	case 0x1b:
		return "ESC"
	case ' ':
		return "space"
	}
	return fmt.Sprintf("0x%02X", c)
}

// tokenType reads token_type (RFC 6749 §7.1). Types that need a proof beside the
// token are refused, as a client must not use a type that it does not understand;
// other words for bearer that servers use are kept as they are.
func tokenType(kind string) (string, error) {
	switch strings.ToLower(kind) {
	case "", "bearer":
		return "Bearer", nil
	case "mac", "dpop", "pop", "n_a":
		return "", fmt.Errorf("its type is %s, and ferry sends bearer tokens only", kind)
	}
	if len(kind) > 64 || checkText(kind) != nil {
		return "", errors.New("its type is not a word")
	}
	return kind, nil
}

func scopeOf(c *model.Client) string { return strings.Join(c.Auth.Scopes, " ") }

// explain turns what x/oauth2 returned into an error for a person. Nothing of its own
// text is used: it quotes the body.
func (t *tokenTrip) explain(err error, red *wire.Redactor) error {
	var e *model.Error
	if errors.As(err, &e) {
		return e
	}
	if t.record == nil {
		return model.Errorf(model.EInvalid, "the token request could not be made").WithField("token_url").WithCause(errors.New(red.Line(err.Error(), 300)))
	}
	var refused *oauth2.RetrieveError
	if errors.As(err, &refused) || t.answer.Status/100 != 2 {
		return t.refusal(red)
	}
	if !t.reply.parsed {
		return t.notToken(red)
	}
	why := fmt.Sprintf("answered %d without an access_token", t.answer.Status)
	t.record.Fail(why)
	return model.Errorf(model.EUpstream, "%s %s", t.target.At(t.host), why).
		WithNext("check the token URL: %s", update(t.client, "--token-url URL"))
}

// notToken is the error for an answer that is neither JSON nor a form.
func (t *tokenTrip) notToken(red *wire.Redactor) error {
	what := "text that is not JSON"
	switch {
	case len(t.answer.Body) == 0:
		what = "an empty body"
	case isHTML(&t.answer):
		what = "an HTML page"
	}
	why := fmt.Sprintf("answered %d with %s%s", t.answer.Status, what, excerpt(&t.answer, red))
	t.record.Fail(why)
	return model.Errorf(model.EUpstream, "%s %s", t.target.At(t.host), why).
		WithNext("check the token URL: %s", update(t.client, "--token-url URL"))
}

func isHTML(a *wire.Answer) bool {
	start := strings.ToLower(strings.TrimSpace(string(a.Body[:min(len(a.Body), 200)])))
	return strings.Contains(a.Header.Get("Content-Type"), "html") || strings.HasPrefix(start, "<!doctype html") || strings.HasPrefix(start, "<html")
}

var htmlTags = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?is)<(?:script|style|head)\b.*?</(?:script|style|head)>|<[^>]*>`)
})

// excerpt is the beginning of a body on one line, "" when there is none.
func excerpt(a *wire.Answer, red *wire.Redactor) string {
	body := string(a.Body[:min(len(a.Body), 4*model.MaxErrorBody)])
	body = red.Mask(body)
	if isHTML(a) {
		body = htmlTags().ReplaceAllString(body, " ")
	}
	if body = red.Line(strings.Join(strings.Fields(body), " "), 160); body != "" {
		return ": " + body
	}
	return ""
}

// refusal is the error for an error response, or for a status that is an error.
func (t *tokenTrip) refusal(red *wire.Redactor) error {
	return refused(t.target.At(t.host), t.client, &t.answer, &t.reply, t.record, red)
}

// refused makes the error for an endpoint's refusal (RFC 6749 §5.2). The GrantError
// is in the chain whenever the endpoint said no; its Code is "" unless it said why.
func refused(who string, c *model.Client, a *wire.Answer, r *reply, rec *wire.Record, red *wire.Redactor) error {
	g := &model.GrantError{Code: red.Line(r.code, 64), Description: red.Line(r.description, 300), Status: a.Status}
	why := fmt.Sprintf("answered %d", a.Status)
	switch {
	case g.Code != "" || g.Description != "":
		why += " " + strings.TrimPrefix(g.Error(), ": ")
	case a.Status >= 300 && a.Status < 400:
		why += " and redirects to " + redirectHost(a, red) + "; ferry follows no redirect with a credential"
	case isHTML(a):
		why += " with an HTML page" + excerpt(a, red)
	default:
		why += excerpt(a, red)
	}
	rec.Fail(why)
	e := model.Errorf(model.EUpstream, "%s %s", who, why).WithCause(g)
	e.Next = nextStep(g, c)
	return e
}

func redirectHost(a *wire.Answer, red *wire.Redactor) string {
	u, err := url.Parse(a.Header.Get("Location"))
	switch {
	case err != nil || a.Header.Get("Location") == "":
		return "nowhere"
	case u.Host == "":
		return red.Line(u.Path, 120)
	}
	return red.Line(u.Scheme+"://"+u.Host+u.Path, 200)
}

// nextStep says what to try after a refusal.
func nextStep(g *model.GrantError, c *model.Client) string {
	switch g.Code {
	case "invalid_client":
		return checkCredentials(c)
	case "invalid_scope":
		return "check the scopes: " + update(c, "--scope SCOPE")
	case "authorization_pending":
		return "wait: nobody has entered the code yet"
	case "expired_token":
		return "the code is too old; ask for a new one: ferry token " + model.Printable(c.Name)
	case "access_denied":
		return "somebody refused; ask again: ferry token " + model.Printable(c.Name)
	case "invalid_grant":
		if effectiveGrant(c) == model.GrantDevice {
			return "ask the person again: ferry token " + model.Printable(c.Name)
		}
		if c.Auth.Username != "" {
			return "check user name and password: " + update(c, "--username USER --password-file FILE")
		}
		return checkCredentials(c)
	case "unauthorized_client", "unsupported_grant_type":
		return "ask who runs the token endpoint to allow this client the " + string(effectiveGrant(c)) + " grant"
	case "temporarily_unavailable", "server_error", "slow_down":
		return "try again later"
	case "invalid_request", "invalid_target":
		return "check audience, resources and extra parameters: ferry client show " + model.Printable(c.Name)
	}
	switch {
	case g.Status == http.StatusUnauthorized || g.Status == http.StatusForbidden:
		return checkCredentials(c)
	case g.Status == http.StatusTooManyRequests:
		return "wait before trying again; the endpoint limits how often it is asked"
	case g.Status >= 500:
		return "try again later; the fault is on the other side"
	}
	return "check the token URL: " + update(c, "--token-url URL")
}

// checkCredentials names what the client authenticates with.
func checkCredentials(c *model.Client) string {
	switch c.Auth.Send {
	case model.SendKey:
		return "check client id, key and key id, what the server has of them, and this machine's clock: " + update(c, "--key-file FILE --key-id ID")
	case model.SendTLS:
		return "check client id and certificate, and what the server has of them: " + update(c, "--cert-file FILE --cert-key-file FILE")
	case model.SendNone:
		return "check the client id, or give the client a way to authenticate: " + update(c, "--client-id ID")
	}
	return "check client id and secret: " + update(c, "--client-secret-file FILE")
}

func effectiveGrant(c *model.Client) model.Grant {
	if g, err := grantOf(&c.Auth); err == nil {
		return g.kind
	}
	return c.Auth.Grant
}
