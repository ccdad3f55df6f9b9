package command

import (
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"ferry/model"
	"ferry/model/serving"
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

// apply puts what the flags say over the settings, read as the settings are. A list that
// is given replaces the whole of it. What is taken back goes first: without a certificate
// the key goes too, unless it is given anew.
func (f *serveFlags) apply(cmd *cobra.Command, c *model.ServeConfig) error {
	given, err := f.given(cmd)
	if err != nil {
		return err
	}
	for _, empty := range []bool{true, false} {
		for _, s := range given {
			if (s.value == "") != empty {
				continue
			}
			if *c, err = serving.With(*c, s.name, s.value); err != nil {
				return model.AsError(err).WithNext("see: %s --help", cmd.CommandPath())
			}
		}
	}
	return nil
}

// flagged is a setting that a flag gives.
type flagged struct{ name, value string }

func (f *serveFlags) given(cmd *cobra.Command) ([]flagged, error) {
	cert, err := absolute(f.tlsCert, "tls_cert")
	if err != nil {
		return nil, err
	}
	key, err := absolute(f.tlsKey, "tls_key")
	if err != nil {
		return nil, err
	}
	var out []flagged
	for _, s := range []struct{ flag, name, value string }{
		{"listen", "listen", f.listen},
		{"public-url", "public_url", f.publicURL},
		{"tls-cert", "tls_cert", cert},
		{"tls-key", "tls_key", key},
		{"admin-listen", "admin_listen", f.adminListen},
		{"alias", "aliases", strings.Join(f.aliases, ",")},
		{"behind-proxy", "behind_proxy", strings.Join(f.proxies, ",")},
	} {
		if cmd.Flags().Changed(s.flag) {
			out = append(out, flagged{s.name, s.value})
		}
	}
	return out, nil
}

// absolute is the whole of a path that is given from where the person is. "" stays.
func absolute(path, field string) (string, error) {
	if path == "" {
		return "", nil
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", fileError(err, path, field)
	}
	return abs, nil
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

// accessLogWith is where the access log goes: not to a terminal that shows each request
// already, unless that is asked for.
func (f *serveFlags) accessLogWith(tail bool) string {
	if tail && f.accessLog == "" {
		return "none"
	}
	return f.accessLog
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
