package command

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"ferry/model"
	"ferry/model/clients"
)

// transportFlags are the flags of create and update that say how requests travel, token
// requests and API requests alike.
type transportFlags struct {
	caFile, serverName, tlsMin          string
	certFile, certKeyFile               string
	insecure, keepBodies                bool
	proxy, proxyUser, proxyPasswordFile string
	connect, firstByte                  time.Duration
	userAgent                           string
	rateLimit                           float64
}

func (f *transportFlags) add(cmd *cobra.Command) {
	fs := cmd.Flags()
	fs.StringVar(&f.caFile, "ca-file", "", "trust the PEM certificates in `FILE` instead of the system's; empty for the system's")
	fs.StringVar(&f.serverName, "tls-server-name", "", "the `NAME` the certificate must have")
	fs.StringVar(&f.tlsMin, "tls-min", "", "the least TLS `VERSION`, 1.2 or 1.3")
	fs.StringVar(&f.certFile, "cert-file", "", "its own certificate and chain, from the PEM `FILE`; empty for none")
	fs.StringVar(&f.certKeyFile, "cert-key-file", "", "read the private key of its certificate from the PEM `FILE`, - for stdin")
	fs.BoolVar(&f.insecure, "insecure", false, "do not check certificates: anybody on the way can read what is sent")
	fs.StringVar(&f.proxy, "proxy", "", "go through the proxy `URL` (http, https, socks5, socks5h); none goes direct, empty as the environment says")
	fs.StringVar(&f.proxyUser, "proxy-user", "", "the user `NAME` at the proxy; empty for none")
	fs.StringVar(&f.proxyPasswordFile, "proxy-password-file", "", "read the password at the proxy from `FILE`, - for stdin or a prompt")
	fs.DurationVar(&f.connect, "connect-timeout", 0, "give up looking up, connecting or TLS after this `TIME` each (default 5s)")
	fs.DurationVar(&f.firstByte, "first-byte-timeout", 0, "give up waiting for the first byte after this `TIME` (default 15s)")
	fs.StringVar(&f.userAgent, "user-agent", "", "the `TEXT` it calls itself; empty for ferry's own")
	fs.Float64Var(&f.rateLimit, "rate-limit", 0, "at most `N` requests a second; 0 for what the other side asks for")
	fs.BoolVar(&f.keepBodies, "keep-bodies", false, "keep the bodies of calls in the history, for replay")
	complete(cmd, "tls-min", "1.2", "1.3")
	complete(cmd, "proxy", model.ProxyNone, "http://", "https://", "socks5://", "socks5h://")
	nothingToComplete(cmd, "tls-server-name", "proxy-user", "connect-timeout", "first-byte-timeout", "user-agent", "rate-limit")
}

func (f *transportFlags) apply(ctx context.Context, a *app, set func(string) bool, d *clients.Draft) error {
	text := func(flag string, to *string, v string) {
		if set(flag) {
			*to = v
		}
	}
	t := &d.Transport
	text("tls-server-name", &d.TLS.ServerName, f.serverName)
	text("tls-min", &d.TLS.MinVersion, f.tlsMin)
	text("proxy", &t.Proxy, f.proxy)
	text("proxy-user", &t.ProxyUser, f.proxyUser)
	text("user-agent", &t.UserAgent, f.userAgent)
	if set("proxy") && !set("proxy-user") && (f.proxy == "" || f.proxy == model.ProxyNone) {
		t.ProxyUser = "" // it goes with its proxy
	}
	if set("connect-timeout") {
		t.Connect = f.connect
	}
	if set("first-byte-timeout") {
		t.FirstByte = f.firstByte
	}
	if set("rate-limit") {
		t.RateLimit = f.rateLimit
	}
	if set("insecure") {
		d.TLS.Insecure = f.insecure
	}
	if set("keep-bodies") {
		d.KeepBodies = f.keepBodies
	}
	return firstError(
		func() error { return a.applyPEM(set, "ca-file", f.caFile, &d.TLS.CAPEM) },
		func() error { return a.applyPEM(set, "cert-file", f.certFile, &d.TLS.CertPEM) },
		func() (err error) {
			if set("cert-key-file") {
				d.TLSKey, err = a.readKey(f.certKeyFile, "cert-key-file")
			}
			return err
		},
		func() (err error) {
			if f.proxyPasswordFile != "" {
				d.ProxyPassword.Keep = false
				d.ProxyPassword.Value, err = a.readSecret(ctx, f.proxyPasswordFile, "proxy-password-file", "Password at the proxy")
			}
			return err
		},
	)
}

// applyPEM puts the certificates of a file into a draft; an empty name clears them.
func (a *app) applyPEM(set func(string) bool, flag, name string, to *string) (err error) {
	if !set(flag) {
		return nil
	}
	if name == "" {
		*to = ""
		return nil
	}
	*to, err = a.readPEM(name, flag)
	return err
}
