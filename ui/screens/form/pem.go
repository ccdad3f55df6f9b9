package form

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"strings"

	bubbles "charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"ferry/model/clients"
	"ferry/ui/widget/field"
	"ferry/ui/widget/sheet"
)

// pemInput is a private key or certificates: pasted as PEM, whose lines never show, or
// named by a path. Empty, it keeps what is stored unless that was cleared on purpose.
type pemInput struct {
	secretInput
	public bool   // certificates
	sealed bool   // no file may be named
	whole  string // the PEM in the field, once it is complete
	read   string // what the file at the path held when it was last read
	from   string // that path
	is     string // what whole is, in words: parsing a key takes too long to do for each frame
	holds  string // what read is, in words
}

func (f *Form) newPEM(e clients.SecretEdit, public bool) *pemInput {
	p := &pemInput{public: public, sealed: f.Env.Restricted}
	p.line, p.stored = field.NewLine(e.Value.Reveal()), e.Keep
	p.typed()
	return p
}

// keeps reports whether what is stored stays.
func (p *pemInput) keeps() bool { return p.line.Empty() && p.stored && !p.cleared }

// value returns the PEM text, "" when there is none.
func (p *pemInput) value() string {
	if path := p.path(); path != "" {
		if path == p.from {
			return p.read
		}
		return ""
	}
	if p.line.Empty() {
		return ""
	}
	return strings.TrimSpace(newlines(p.line.Value())) + "\n"
}

func (p *pemInput) edit() clients.SecretEdit {
	if p.keeps() {
		return clients.Keep()
	}
	return clients.Set(p.value())
}

func (p *pemInput) unless(hidden bool) clients.SecretEdit {
	if hidden {
		return clients.SecretEdit{Keep: p.stored}
	}
	return p.edit()
}

// path returns what was typed when it is a path. Anything else could be a key and is
// never shown.
func (p *pemInput) path() string {
	s := p.line.Text()
	if p.sealed {
		return ""
	}
	for _, lead := range []string{"/", "./", "../"} {
		if strings.HasPrefix(s, lead) && !strings.ContainsAny(s, "\r\n") {
			return s
		}
	}
	return ""
}

// found says what the file at the path holds, "" while that is not known.
func (p *pemInput) found() string {
	if path := p.path(); path == "" || path != p.from || p.read == "" {
		return ""
	}
	return p.holds
}

// tookFile takes what the file at path holds.
func (p *pemInput) tookFile(path, text string) { p.from, p.read, p.holds = path, text, p.kind(text) }

// pending reports whether a path was typed whose file was not read yet.
func (p *pemInput) pending() bool { return p.path() != "" && p.path() != p.from }

func newlines(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
}

// complete reports whether the last block that s needs has ended.
func (p *pemInput) complete(s string) bool {
	if !p.public {
		_, after, begun := strings.Cut(s, "PRIVATE KEY-----")
		return begun && strings.Contains(after, "-----END ") && strings.HasSuffix(strings.TrimSpace(s), "-----")
	}
	n := strings.Count(s, "-----BEGIN ")
	return n > 0 && n == strings.Count(s, "-----END ") && strings.HasSuffix(strings.TrimSpace(s), "-----")
}

// typed follows what was typed or pasted. A complete key is replaced as a whole by
// another; certificates are added, as a chain comes in pieces.
func (p *pemInput) typed() {
	now := p.line.Value()
	if p.whole != "" && now != p.whole {
		added, ok := strings.CutPrefix(now, p.whole)
		switch {
		case !ok || !strings.Contains(added, "-----BEGIN "):
			p.line.Set(p.whole)
		case p.public:
			p.line.Set(p.whole + "\n" + added)
		default:
			p.line.Set(added)
		}
	}
	now = p.line.Value()
	if p.whole = ""; p.complete(now) {
		p.whole, p.is = now, p.kind(now)
		p.line.Set(now)
	}
	if now != "" {
		p.cleared = false
	}
	p.line.Secret = p.path() == ""
}

// first takes the keys that mean something else over PEM. Where a terminal does not
// mark a paste, its lines come as keys, and enter must not leave a key half pasted.
func (p *pemInput) first(k tea.KeyPressMsg) bool {
	switch {
	case p.line.Empty() && p.stored:
		if bubbles.Matches(k, keyForget) {
			p.cleared = !p.cleared
			return true
		}
	case p.whole != "":
		switch k.String() {
		case "delete", "backspace", "ctrl+u", "ctrl+w", "ctrl+h":
			p.whole = ""
			p.line.Set("")
			return true
		case "left", "right", "home", "end":
			return true
		}
	case strings.Contains(p.line.Value(), "-----BEGIN ") && (k.String() == "enter" || k.String() == "ctrl+j"):
		p.line.Set(p.line.Value() + "\n")
		return true
	}
	return false
}

// shows is what stands in place of PEM, "" for the field itself.
func (p *pemInput) shows() string {
	switch {
	case p.path() != "" && p.pending():
		return ""
	case p.whole != "" && p.public:
		return p.is
	case p.whole != "":
		return p.is + " set"
	case strings.Contains(p.line.Value(), "-----BEGIN "):
		return fmt.Sprintf("%d lines so far …", strings.Count(newlines(p.line.Value()), "\n")+1)
	}
	return ""
}

func (p *pemInput) kind(s string) string {
	if !p.public {
		return keyKind(s)
	}
	if whose := clients.CertificateText(newlines(s)); whose != "" {
		return whose
	}
	return "certificate"
}

// keyKind says what kind of key PEM holds; a wrong one is found out by the check.
func keyKind(s string) string {
	rest := []byte(newlines(s))
	for {
		var b *pem.Block
		if b, rest = pem.Decode(rest); b == nil {
			return "unreadable key"
		}
		var key any
		switch b.Type {
		case "PRIVATE KEY":
			key, _ = x509.ParsePKCS8PrivateKey(b.Bytes)
		case "EC PRIVATE KEY":
			key, _ = x509.ParseECPrivateKey(b.Bytes)
		case "RSA PRIVATE KEY":
			key, _ = x509.ParsePKCS1PrivateKey(b.Bytes)
		}
		switch k := key.(type) {
		case *ecdsa.PrivateKey:
			if k != nil {
				return k.Curve.Params().Name + " key"
			}
		case *rsa.PrivateKey:
			if k != nil {
				return fmt.Sprintf("RSA %d key", k.N.BitLen())
			}
		case ed25519.PrivateKey:
			return "Ed25519 key"
		}
	}
}

// pemItem is the field of PEM.
func (f *Form) pemItem(key string, p *pemInput) *sheet.Item {
	it := &sheet.Item{Key: key, Kind: sheet.Text, Line: p.line, After: p.typed, First: p.first}
	shows := p.shows()
	switch {
	case p.line.Empty() && p.stored:
		shows, it.Hint = f.storedText(&p.secretInput)
		if p.public && !p.cleared {
			shows, it.Hint = "a certificate is stored", "kept as it is; paste another to replace it, del to clear it"
		}
	case shows != "":
		it.Hint = "del clears it; its text is not shown"
	}
	if shows != "" {
		it.Show = func() string { return shows }
	}
	return it
}
