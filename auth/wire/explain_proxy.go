package wire

import (
	"errors"
	"fmt"
	"net"
	"time"

	"ferry/model"
)

// proxy tells the proxy's failures from the target's.
func (x *explainer) proxy() finding {
	var e *proxyError
	if !errors.As(x.err, &e) {
		return finding{}
	}
	who, target := x.settings.route.String(), model.Printable(x.host)
	switch e.fault {
	case proxyAuth:
		return x.proxyAuth(who)
	case proxyDenied:
		return finding{model.EUnreachable, fmt.Sprintf("%s does not allow a connection to %s (%s)", who, target, e.says), "ask who runs the proxy to allow it, or choose another way: " + x.update("--proxy URL|none")}
	case proxyTarget:
		if e.err != nil {
			return x.dns() // with socks5 the host is looked up here
		}
		return finding{model.EUnreachable, fmt.Sprintf("%s could not connect to %s (%s)", who, target, e.says), "check host and port: " + x.update(x.flag)}
	case proxyBroken:
		return x.proxyBroken(who, e)
	}
	inner := *x
	inner.err, inner.at = e.err, stageConnect
	if f := inner.certificate(); f.why != "" {
		return finding{f.code, who + " could not be reached: " + f.why, f.next} // the client's CA counts here too
	}
	why, code := "no connection was made", model.EUnreachable
	for _, look := range []func() finding{inner.dns, inner.handshake, inner.slow, inner.socket} {
		if f := look(); f.why != "" {
			why, code = f.why, f.code
			break
		}
	}
	return finding{code, who + " could not be reached: " + why, x.proxyNext()}
}

// proxyNext is where the proxy is set.
func (x *explainer) proxyNext() string {
	if x.settings.route.own {
		return "check the proxy: " + x.update("--proxy URL")
	}
	return "check HTTPS_PROXY and HTTP_PROXY, add the host to NO_PROXY, or go without: " + x.update("--proxy none")
}

func (x *explainer) proxyAuth(who string) finding {
	r := &x.settings.route
	f := finding{model.EUnreachable, who + " asks for a user name and a password", "give them: " + x.update("--proxy-user USER --proxy-password-file FILE")}
	if r.user != "" {
		f.why = who + " refused the user name and the password"
		f.next = "check them: " + x.update("--proxy-user USER --proxy-password-file FILE")
	}
	if !r.own {
		f.next = "put them into HTTPS_PROXY, or name the proxy: " + x.update("--proxy URL --proxy-user USER --proxy-password-file FILE")
	}
	return f
}

// proxyBroken is a proxy that is silent, hangs up, or speaks something else.
func (x *explainer) proxyBroken(who string, e *proxyError) finding {
	var slow net.Error
	switch {
	case errors.As(e.err, &slow) && slow.Timeout():
		return finding{model.ETimeout, who + " did not answer within " + brief(x.settings.limits.Dial), x.proxyNext()}
	case hungUp(e.err):
		return finding{model.EUnreachable, who + " closed the connection without an answer", x.proxyNext()}
	}
	return finding{model.EUnreachable, who + " answered with what is no " + x.settings.route.scheme() + " proxy's answer", x.proxyNext()}
}

// turn explains why nothing was sent: the client's turn comes too late.
func (x *explainer) turn() finding {
	var e *turnError
	if !errors.As(x.err, &e) {
		return finding{}
	}
	when := fmt.Sprintf("until %s, in %s", e.until.UTC().Format(time.RFC3339), brief(e.wait.Round(time.Second)))
	if e.asked {
		return finding{model.EUpstream, "the other side asked not to be called " + when, "try again then; nothing is sent before"}
	}
	return finding{model.ETimeout, fmt.Sprintf("at %g requests a second it is not its turn %s", e.rate, when), "try again then, or allow more: " + x.update("--rate-limit N") + " or --timeout 60s"}
}
