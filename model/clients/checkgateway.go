package clients

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"ferry/model"
)

// exposure returns what was typed as browsers and the gateway compare it: origins in lower case
// and without the default port (RFC 6454 §6.2), methods in upper case and sorted, each once.
func exposure(typed model.Exposure) model.Exposure {
	out := typed
	out.Origins = nil
	for _, o := range typed.Origins {
		if o = plainOrigin(o); !slices.Contains(out.Origins, o) {
			out.Origins = append(out.Origins, o)
		}
	}
	out.Methods = model.Methods(typed.Methods)
	return out
}

func plainOrigin(typed string) string {
	o := strings.ToLower(strings.TrimSpace(typed))
	for scheme, port := range map[string]string{"https://": ":443", "http://": ":80"} {
		if strings.HasPrefix(o, scheme) {
			return strings.TrimSuffix(o, port)
		}
	}
	return o
}

// checkExposure adds what is wrong with how others reach a client. An origin that is not exact
// would never equal the one that a browser sends, or equal too many.
func checkExposure(p *problems, e *model.Exposure) {
	if n := len(e.Origins); n > model.MaxGatewayOrigins {
		p.addf("cors_origins", "at most %d origins", model.MaxGatewayOrigins)
	}
	for _, o := range e.Origins {
		if why := originProblem(o); why != "" {
			p.addf("cors_origins", "%s: %s", model.Printable(clip(o)), why)
			break
		}
	}
	if n := len(e.Methods); n > model.MaxGatewayMethods {
		p.addf("cors_methods", "at most %d methods", model.MaxGatewayMethods)
	}
	for _, m := range e.Methods {
		if why := model.MethodProblem(m); why != "" {
			p.addf("cors_methods", "%s", why)
			break
		}
	}
}

func originProblem(o string) string {
	u, err := url.Parse(o)
	switch {
	case strings.Contains(o, "*"):
		return "no origin stands for others: name each one"
	case err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.Opaque != "":
		return "an origin is written as in https://app.example.com"
	case o != u.Scheme+"://"+u.Host:
		return "an origin is scheme, host and port alone, without a path"
	case len(o) > maxOrigin || !plainHost(u.Hostname()):
		return "the host is not written as browsers send it"
	case !validPort(u):
		return "the port is not between 1 and 65535"
	case u.Scheme == "http" && !model.IsLoopback(u.Hostname()):
		return "a page that came over plain http could be anybody's: only of this host, else https"
	}
	return ""
}

// maxOrigin is a host of 253 characters with all that goes before and behind it.
const maxOrigin = 8 + 255 + 6

// plainHost reports whether a host is a name of ASCII labels (RFC 1123 §2.1, as a browser sends it) or
// an address.
func plainHost(host string) bool {
	if addr, err := netip.ParseAddr(host); err == nil {
		return addr.Zone() == "" && addr.String() == host
	}
	for label := range strings.SplitSeq(host, ".") {
		if label == "" || len(label) > 63 || strings.ContainsFunc(label, func(r rune) bool {
			return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' || r == '_')
		}) {
			return false
		}
	}
	return true
}
