package wire

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"ferry/model"
)

// certificate explains why the other side's certificate was refused.
func (x *explainer) certificate() finding {
	var verify *tls.CertificateVerificationError
	if !errors.As(x.err, &verify) {
		return finding{}
	}
	var (
		host    x509.HostnameError
		unknown x509.UnknownAuthorityError
		invalid x509.CertificateInvalidError
		leaf    *x509.Certificate
	)
	if len(verify.UnverifiedCertificates) > 0 {
		leaf = verify.UnverifiedCertificates[0]
	}
	trust := "if you trust it, give its CA: " + x.update("--ca-file FILE")
	if x.left {
		trust = "a redirect led there; call it by its own name: " + x.update(x.flag)
	}
	switch {
	case errors.As(x.err, &host):
		return finding{model.EUnreachable, fmt.Sprintf("the certificate is for %s, not for %q", names(leaf), model.Printable(host.Host)), "check the host name, or name the one that is expected: " + x.update("--tls-server-name NAME")}
	case errors.As(x.err, &invalid) && invalid.Reason == x509.Expired:
		return x.expired(invalid.Cert)
	case errors.As(x.err, &unknown) && leaf != nil && selfSigned(leaf):
		return finding{model.EUnreachable, "the certificate is self-signed", trust}
	case errors.As(x.err, &unknown):
		return finding{model.EUnreachable, "the certificate was issued by an authority that is not trusted here: " + issuer(leaf), trust}
	}
	return finding{model.EUnreachable, "the certificate is not valid", "ask who runs the server to mend its certificate"}
}

func (x *explainer) expired(cert *x509.Certificate) finding {
	next := "ask who runs the server to renew it, and check this machine's clock"
	if cert != nil && time.Now().Before(cert.NotBefore) {
		return finding{model.EUnreachable, "the certificate is not valid before " + cert.NotBefore.UTC().Format(time.RFC3339), next}
	}
	if cert == nil {
		return finding{model.EUnreachable, "the certificate expired", next}
	}
	return finding{model.EUnreachable, "the certificate expired on " + cert.NotAfter.UTC().Format(time.RFC3339), next}
}

func selfSigned(c *x509.Certificate) bool {
	return string(c.RawIssuer) == string(c.RawSubject)
}

func names(c *x509.Certificate) string {
	if c == nil {
		return "another host"
	}
	all := append([]string(nil), c.DNSNames...)
	for _, ip := range c.IPAddresses {
		all = append(all, ip.String())
	}
	if len(all) == 0 {
		return "no host at all"
	}
	return clip(model.Printable(strings.Join(all, ", ")), 120)
}

func issuer(c *x509.Certificate) string {
	if c == nil {
		return "unknown"
	}
	return clip(model.Printable(c.Issuer.String()), 120)
}

// handshake explains TLS failures that are not about the certificate.
func (x *explainer) handshake() finding {
	var record tls.RecordHeaderError
	text := x.err.Error()
	has := func(s string) bool { return strings.Contains(text, s) }
	switch {
	case errors.As(x.err, &record), errors.Is(x.err, http.ErrSchemeMismatch):
		return finding{model.EUnreachable, "the port does not speak TLS", "use http:// if that is meant, or another port: " + x.update(x.flag)}
	case has("protocol version"):
		return finding{model.EUnreachable, "the server offers no TLS version that is allowed (" + x.minTLS() + " or newer)", "ask who runs the server to enable TLS 1.2 or newer"}
	case x.gave && has("remote error: tls:"):
		return x.refusedCertificate()
	case x.asked && !x.gave && has("tls: "), has("tls: certificate required"):
		return x.noCertificate()
	case has("tls: "):
		return finding{model.EUnreachable, "the server refused the TLS handshake", "check host, port and proxy: " + x.update(x.flag)}
	}
	return finding{}
}

// noCertificate explains a server that wants a client certificate and got none.
func (x *explainer) noCertificate() finding {
	if x.client.TLS.CertPEM != "" {
		return finding{model.EUnreachable, "the server asks for a client certificate, and the client's own goes to the hosts that it names only, not to " + model.Printable(x.host), "if that host is meant, name it: " + x.update(x.flag)}
	}
	return finding{model.EUnreachable, "the server asks for a client certificate, and ferry has none to give", "ask who runs the server for one, and give it: " + x.update("--cert-file FILE --cert-key-file FILE")}
}

// alerts are what servers say of a client certificate (RFC 8446 §6.2), in the words of
// crypto/tls.
var alerts = []struct{ text, why string }{
	{"expired certificate", "it has expired"},
	{"revoked certificate", "it was revoked"},
	{"unknown certificate authority", "it does not know who issued it"},
	{"unsupported certificate", "it does not take this kind"},
	{"access denied", "its owner is not allowed in"},
}

// refusedCertificate explains a server that got the client certificate and ended the
// handshake with an alert.
func (x *explainer) refusedCertificate() finding {
	f := x.given("the server refused %s")
	for _, a := range alerts {
		if strings.Contains(x.err.Error(), a.text) && !strings.Contains(f.why, "expired") {
			f.why += ": " + a.why
		}
	}
	return f
}

// hungUpOnCertificate explains a connection that ended right after a handshake in which
// the server asked for a client certificate. With TLS 1.3 its alert comes after the
// handshake, and is often lost.
func (x *explainer) hungUpOnCertificate() finding {
	if !x.gave {
		return x.noCertificate()
	}
	return x.given("the connection was closed after the server got %s")
}

// given names the client certificate that the server got.
func (x *explainer) given(format string) finding {
	own := "the client certificate"
	next := "ask who runs the server which certificates it takes, or give another: "
	if pair, err := x.settings.certificate(); err == nil && pair != nil && pair.Leaf != nil {
		own += " of " + clip(model.Printable(pair.Leaf.Subject.String()), 120)
		if end := pair.Leaf.NotAfter; time.Now().After(end) {
			own += ", which expired on " + end.UTC().Format(time.RFC3339)
			next = "give a new one: "
		}
	}
	return finding{model.EUnreachable, fmt.Sprintf(format, own), next + x.update("--cert-file FILE --cert-key-file FILE")}
}

func (x *explainer) minTLS() string {
	if x.client.TLS.MinVersion == "1.3" {
		return "TLS 1.3"
	}
	return "TLS 1.2"
}
