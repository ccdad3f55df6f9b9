package curl

import "strings"

// option is one option of curl.
type option struct {
	name  string // the long one, without --
	value bool   // a word belongs to it
	set   func(c *command, value string) error
}

// shorts are the one-letter options that curl knows, by their long names.
var shorts = map[byte]string{
	'0': "http1.0", '1': "tlsv1", '2': "sslv2", '3': "sslv3", '4': "ipv4", '6': "ipv6", ':': "next", '#': "progress-bar",
	'a': "append", 'A': "user-agent", 'b': "cookie", 'B': "use-ascii", 'c': "cookie-jar", 'C': "continue-at", 'd': "data",
	'D': "dump-header", 'e': "referer", 'E': "cert", 'f': "fail", 'F': "form", 'g': "globoff", 'G': "get", 'h': "help",
	'H': "header", 'i': "include", 'I': "head", 'j': "junk-session-cookies", 'J': "remote-header-name", 'k': "insecure",
	'K': "config", 'l': "list-only", 'L': "location", 'm': "max-time", 'M': "manual", 'n': "netrc", 'N': "no-buffer",
	'o': "output", 'O': "remote-name", 'p': "proxytunnel", 'P': "ftp-port", 'q': "disable", 'Q': "quote", 'r': "range",
	'R': "remote-time", 's': "silent", 'S': "show-error", 't': "telnet-option", 'T': "upload-file", 'u': "user",
	'U': "proxy-user", 'v': "verbose", 'V': "version", 'w': "write-out", 'x': "proxy", 'X': "request", 'y': "speed-time",
	'Y': "speed-limit", 'z': "time-cond", 'Z': "parallel",
}

// quiet are the options that change nothing about what is asked, or what ferry does anyway.
const (
	quietFlags = "http1.0 http1.1 http2 http2-prior-knowledge http3 http3-only progress-bar progress-meter fail fail-early fail-with-body " +
		"globoff include junk-session-cookies location no-buffer buffer remote-name remote-name-all remote-header-name remote-time " +
		"silent show-error verbose compressed basic tcp-nodelay tcp-fastopen keepalive no-keepalive no-progress-meter sessionid no-sessionid " +
		"path-as-is raw tr-encoding styled-output no-styled-output parallel parallel-immediate create-dirs disable trace-time trace-ids " +
		"retry-all-errors retry-connrefused post301 post302 post303 alpn no-alpn npn no-npn suppress-connect-headers xattr no-clobber " +
		"clobber remove-on-error skip-existing proxy-basic ca-native http0.9 tlsv1 tlsv1.0 tlsv1.1 ssl ssl-reqd false-start append use-ascii"
	quietValues = "output output-dir write-out dump-header stderr trace trace-ascii trace-config retry retry-delay retry-max-time keepalive-time " +
		"keepalive-cnt speed-time speed-limit max-redirs proto proto-default proto-redir expect100-timeout happy-eyeballs-timeout-ms " +
		"parallel-max parallel-max-host limit-rate max-filesize create-file-mode etag-save libcurl"
	// Those left out with a note, because they change what is asked.
	otherFlags = "ipv4 ipv6 sslv2 sslv3 netrc netrc-optional digest ntlm ntlm-wb negotiate anyauth proxytunnel proxy-digest proxy-ntlm " +
		"proxy-negotiate proxy-anyauth proxy-insecure location-trusted cert-status ssl-no-revoke ssl-allow-beast ssl-auto-client-cert " +
		"ssl-revoke-best-effort haproxy-protocol doh-insecure doh-cert-status list-only metalink crlf disable-eprt disable-epsv " +
		"ftp-create-dirs ftp-pasv ftp-skip-pasv-ip ftp-pret ftp-ssl-ccc ftp-ssl-control mail-rcpt-allowfails tftp-no-options sasl-ir " +
		"socks5-basic socks5-gssapi socks5-gssapi-nec disallow-username-in-url form-escape test-event version help manual mptcp " +
		"proxy-http2 proxy-ca-native proxy-ssl-allow-beast proxy-ssl-auto-client-cert compressed-ssh ech-grease tls-earlydata"
	otherValues = "abstract-unix-socket unix-socket alt-svc hsts aws-sigv4 cacert capath cert cert-type ciphers tls13-ciphers config connect-to " +
		"cookie-jar continue-at crlfile curves delegation dns-interface dns-ipv4-addr dns-ipv6-addr dns-servers doh-url ech egd-file engine " +
		"etag-compare ftp-account ftp-alternative-to-user ftp-method ftp-port ftp-ssl-ccc-mode haproxy-clientip hostpubmd5 hostpubsha256 " +
		"interface ip-tos ipfs-gateway key key-type krb local-port login-options mail-auth mail-from mail-rcpt netrc-file pass pinnedpubkey " +
		"preproxy proxy-cacert proxy-capath proxy-cert proxy-cert-type proxy-ciphers proxy-crlfile proxy-header proxy-key proxy-key-type " +
		"proxy-pass proxy-pinnedpubkey proxy-service-name proxy-tls13-ciphers proxy-tlsauthtype proxy-tlspassword proxy-tlsuser " +
		"proxy1.0 pubkey quote random-file rate request-target resolve sasl-authzid service-name sigalgs socks4 socks4a " +
		"socks5-gssapi-service telnet-option tftp-blksize time-cond tls-max tlsauthtype tlspassword tlsuser upload-flags variable vlan-priority"
)

var options = table()

func table() map[string]option {
	out := map[string]option{}
	for _, kind := range []struct {
		names string
		value bool
		noted bool
	}{{quietFlags, false, false}, {quietValues, true, false}, {otherFlags, false, true}, {otherValues, true, true}} {
		for name := range strings.FieldsSeq(kind.names) {
			o := option{name: name, value: kind.value}
			if kind.noted {
				o.set = func(c *command, _ string) error { c.leftOut(name); return nil }
			}
			out[name] = o
		}
	}
	for _, o := range understood() {
		out[o.name] = o
	}
	return out
}

// advice is what to do about an option that is left out, where there is something.
var advice = map[string]string{
	"cacert": "give the file with --ca-file", "cert": "give the certificate with --cert-file", "key": "give the key with --cert-key-file",
	"digest": "ferry has no Digest authentication", "ntlm": "ferry has no NTLM authentication",
	"negotiate": "ferry has no Kerberos authentication", "aws-sigv4": "ferry does not sign requests for AWS",
	"config": "its file is not read", "netrc": "its file is not read", "netrc-file": "its file is not read",
	"unix-socket": "ferry reaches APIs over TCP", "resolve": "ferry asks the system's resolver", "connect-to": "ferry asks the system's resolver",
}

func (c *command) leftOut(name string) {
	if why := advice[name]; why != "" {
		c.note("--%s is left out: %s", name, why)
		return
	}
	c.note("--%s is left out: ferry has nothing like it", name)
}
