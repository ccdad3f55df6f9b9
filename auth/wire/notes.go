package wire

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"time"
)

// What a person must know of an exchange, whether it failed or not.
const (
	noteInsecure = "certificate not checked"
	noteAsked    = "the server asked for a client certificate and got none"
)

// noteTLS says that a certificate was not checked, and what a check would have said.
func (r *Record) noteTLS(s *settings, x *explainer, state *tls.ConnectionState) {
	if !s.insecure {
		return
	}
	note := noteInsecure
	if state != nil && len(state.PeerCertificates) > 0 {
		note += "; " + x.wouldSay(s, state.PeerCertificates)
	}
	r.note(note)
}

// wouldSay is what the check that was left out finds.
func (x *explainer) wouldSay(s *settings, chain []*x509.Certificate) string {
	checked := *s
	checked.insecure = false
	conf, err := checked.tlsConfig()
	if err != nil {
		return "its check cannot be made"
	}
	opts := x509.VerifyOptions{Roots: conf.RootCAs, DNSName: s.serverName, CurrentTime: time.Now(), Intermediates: x509.NewCertPool()}
	if opts.DNSName == "" {
		opts.DNSName = x.host
	}
	for _, c := range chain[1:] {
		opts.Intermediates.AddCert(c)
	}
	if _, err = chain[0].Verify(opts); err == nil {
		return "a check would have accepted it"
	}
	x.err = &tls.CertificateVerificationError{UnverifiedCertificates: chain, Err: err}
	return x.certificate().why
}

// note adds a line that holds no secret and nothing unsanitised.
func (r *Record) note(line string) { r.notes = append(r.notes, line) }

// stateOf is the TLS state of an answer, nil without one.
func stateOf(resp *http.Response) *tls.ConnectionState {
	if resp == nil {
		return nil
	}
	return resp.TLS
}
