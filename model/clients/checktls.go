package clients

import (
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"strings"

	"ferry/model"
)

func checkTLS(p *problems, t *model.TLS) {
	switch t.MinVersion {
	case "", "1.2", "1.3":
	default:
		p.addf("tls_min_version", "1.2 or 1.3")
	}
	if t.ServerName != "" && (len(t.ServerName) > 253 || strings.ContainsAny(t.ServerName, " /:@\r\n\x00")) {
		p.addf("tls_server_name", "a host name, without scheme or port")
	}
	if t.CAPEM != "" {
		if _, problem := certificates(t.CAPEM); problem != "" {
			p.addf("ca", "%s", problem)
		}
	}
	checkPair(p, t)
}

// checkPair checks the client's certificate and key, and that they belong together.
func checkPair(p *problems, t *model.TLS) {
	var leaf *x509.Certificate
	if t.CertPEM == "" {
		if t.KeyPEM.IsSet() {
			p.addf("cert", "a private key needs the certificate that it belongs to")
		}
	} else {
		list, problem := certificates(t.CertPEM)
		if problem != "" {
			p.addf("cert", "%s", problem)
		} else {
			leaf = list[0]
		}
	}
	if !t.KeyPEM.IsSet() {
		return
	}
	key, problem := privateKey(t.KeyPEM)
	if problem != "" {
		p.addf("cert_key", "%s", problem)
		return
	}
	if leaf == nil {
		return
	}
	public, ok := key.Public().(interface{ Equal(crypto.PublicKey) bool })
	if !ok || !public.Equal(leaf.PublicKey) {
		p.addf("cert_key", "the private key does not belong to the first certificate")
	}
}

// maxPEM bounds certificates and keys, in bytes.
const maxPEM = 1 << 20

// certificates reads PEM certificates; the problem is for a person.
func certificates(text string) (list []*x509.Certificate, problem string) {
	if len(text) > maxPEM {
		return nil, fmt.Sprintf("at most %d KiB", maxPEM>>10)
	}
	for rest := []byte(text); ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil || block.Type != "CERTIFICATE" {
			return nil, fmt.Sprintf("PEM block %d is not a certificate", len(list)+1)
		}
		list = append(list, cert)
	}
	if len(list) == 0 {
		return nil, "the file holds no certificate in PEM form"
	}
	return list, ""
}

// CertificateText says whose the first certificate of a PEM text is and how long it is
// valid, for a person; "" when there is none.
func CertificateText(text string) string {
	list, _ := certificates(text)
	if len(list) == 0 {
		return ""
	}
	return model.Printable(list[0].Subject.String()) + ", until " + list[0].NotAfter.UTC().Format("2006-01-02")
}
