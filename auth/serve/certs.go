package serve

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"os"
	"sync/atomic"
	"time"

	"ferry/model"
)

// certs is the server's certificate, read anew when its files change. A new pair that
// does not fit together, as while it is being replaced, leaves the old one in use.
type certs struct {
	cert, key string
	current   atomic.Pointer[tls.Certificate]
	broken    atomic.Pointer[string] // what is wrong with the files now
	seen      [2]os.FileInfo         // as they were when they were last read
}

func newCerts(cert, key string) (*certs, error) {
	c := &certs{cert: cert, key: key}
	c.changed()
	if err := c.read(); err != nil {
		return nil, model.Errorf(model.EInvalid, "the TLS certificate and key cannot be used: %s", reason(err)).
			WithField("tls_cert").WithNext("name PEM files that belong together with --tls-cert and --tls-key").WithCause(err)
	}
	return c, nil
}

// reason is why a pair cannot be used. Such errors name files and kinds of fault only.
func reason(err error) string { return model.Printable(err.Error()) }

func (c *certs) read() error {
	pair, err := tls.LoadX509KeyPair(c.cert, c.key)
	if err != nil {
		return err
	}
	if pair.Leaf == nil {
		if pair.Leaf, err = x509.ParseCertificate(pair.Certificate[0]); err != nil {
			return err
		}
	}
	c.current.Store(&pair)
	return nil
}

// changed reports whether a file is another than the one that was read.
func (c *certs) changed() bool {
	found := false
	for i, path := range []string{c.cert, c.key} {
		st, err := os.Stat(path) // follows a link, which is how such files are often replaced
		if err != nil {
			st = nil
		}
		if was := c.seen[i]; (st == nil) != (was == nil) ||
			st != nil && (!os.SameFile(st, was) || st.ModTime() != was.ModTime() || st.Size() != was.Size()) {
			found = true
		}
		c.seen[i] = st
	}
	return found
}

// run looks at the files until ctx ends.
func (c *certs) run(ctx context.Context, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			// A broken pair is tried again: it may have been read half-written.
			if c.changed() || c.broken.Load() != nil {
				c.again()
			}
		}
	}
}

func (c *certs) again() {
	if err := c.read(); err != nil {
		text := "the new TLS certificate and key cannot be used, the old one stays: " + reason(err)
		if was := c.broken.Swap(&text); was == nil || *was != text {
			slog.Warn(text)
		}
		return
	}
	c.broken.Store(nil)
	slog.Info("the TLS certificate was read anew", "not_after", c.until().UTC())
}

// until is when the certificate in use expires.
func (c *certs) until() time.Time { return c.current.Load().Leaf.NotAfter }

// problem says what is wrong with the certificate, "" when nothing is.
func (c *certs) problem(now time.Time) string {
	if text := c.broken.Load(); text != nil {
		return *text
	}
	if until := c.until(); now.After(until) {
		return "the TLS certificate expired at " + until.UTC().Format(time.RFC3339)
	}
	return ""
}

func (c *certs) config() *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		NextProtos: []string{"h2", "http/1.1"},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			return c.current.Load(), nil
		},
	}
}
