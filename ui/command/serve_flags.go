package command

import (
	"io"
	"net/netip"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"ferry/model"
)

// serveFlags override the settings of the store for one run.
type serveFlags struct {
	listen, publicURL, adminListen string
	tlsCert, tlsKey                string
	aliases, proxies               []string
	adminSocket, accessLog         string
}

func (f *serveFlags) add(cmd *cobra.Command) {
	fs := cmd.Flags()
	fs.StringVar(&f.listen, "listen", "", "listen on `ADDRESS`, a host:port (default 127.0.0.1:8080); port 0 is any free one")
	fs.StringVar(&f.publicURL, "public-url", "", "the origin `URL` under which others reach the hub; needed beyond loopback")
	fs.StringVar(&f.tlsCert, "tls-cert", "", "the certificate chain, a PEM `FILE`; it is read again when it changes")
	fs.StringVar(&f.tlsKey, "tls-key", "", "the certificate's key, a PEM `FILE`")
	fs.StringArrayVar(&f.aliases, "alias", nil, "a further `PATH` of the token endpoint, as /plt/oauth2/token or /realms/{space}/token; again for more")
	fs.StringArrayVar(&f.proxies, "behind-proxy", nil, "believe X-Forwarded-For from this network `CIDR` or address; again for more")
	fs.StringVar(&f.adminSocket, "admin-socket", "", "the `PATH` of the admin socket (default beside the store), or none")
	fs.StringVar(&f.adminListen, "admin-listen", "", "answer health and metrics on this `ADDRESS` too")
	fs.StringVar(&f.accessLog, "access-log", "", "append the access log to `FILE`, - for stdout, or none (default stderr)")
	for _, file := range []string{"tls-cert", "tls-key", "admin-socket", "access-log"} {
		// It fails only for a flag that does not exist, which the tests would see.
		_ = cmd.MarkFlagFilename(file)
	}
}

// apply puts what the flags say over the settings. A list that is given replaces the
// whole of it.
func (f *serveFlags) apply(cmd *cobra.Command, c *model.ServeConfig) error {
	set := cmd.Flags().Changed
	for _, t := range []struct {
		flag, value string
		to          *string
	}{
		{"listen", f.listen, &c.Listen},
		{"public-url", f.publicURL, &c.PublicURL},
		{"tls-cert", f.tlsCert, &c.TLSCert},
		{"tls-key", f.tlsKey, &c.TLSKey},
		{"admin-listen", f.adminListen, &c.AdminListen},
	} {
		if set(t.flag) {
			*t.to = t.value
		}
	}
	for _, path := range []*string{&c.TLSCert, &c.TLSKey} {
		if *path == "" {
			continue
		}
		abs, err := filepath.Abs(*path) // as people give it; the rules want the whole of it
		if err != nil {
			return fileError(err, *path, "tls_cert")
		}
		*path = abs
	}
	if set("alias") {
		c.Aliases = nonEmpty(f.aliases)
	}
	if !set("behind-proxy") {
		return nil
	}
	c.BehindProxy = nil
	for _, text := range nonEmpty(f.proxies) {
		p, err := network(text)
		if err != nil {
			return usagef(cmd, "--behind-proxy %s is not a network such as 10.0.0.0/8, or an address", model.Printable(text)).
				WithField("behind_proxy")
		}
		c.BehindProxy = append(c.BehindProxy, p)
	}
	return nil
}

// network reads "10.0.0.0/8", or one address.
func network(text string) (netip.Prefix, error) {
	if addr, err := netip.ParseAddr(text); err == nil {
		addr = addr.Unmap()
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	return netip.ParsePrefix(text)
}

// accessLog is where the access log goes.
type accessLog struct {
	w    io.Writer // nil for none
	file *os.File
}

// Close closes the file, if it is one.
func (l *accessLog) Close() {
	if l.file != nil {
		_ = l.file.Close()
	}
}

func (a *app) accessLog(name string) (*accessLog, error) {
	switch name {
	case "":
		return &accessLog{w: a.errOut}, nil
	case "-":
		return &accessLog{w: a.env.Stdout}, nil
	case "none":
		return &accessLog{}, nil
	}
	f, err := os.OpenFile(name, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fileError(err, name, "access_log")
	}
	return &accessLog{w: f, file: f}, nil
}
