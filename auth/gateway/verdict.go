package gateway

import (
	"errors"
	"net/http"
	"time"

	"ferry/auth/wire"
	"ferry/model"
	"ferry/model/gateway"
)

// verdict is what a failure means: to the caller, to the breaker and to lists.
type verdict struct {
	refusal
	outcome outcome
	code    model.Code
}

// statusGone is what the log says of a caller that did not wait; nobody reads the answer.
const statusGone = 499

// verdict finds out which side failed. It never quotes the failure.
func (f *flight) verdict(err error) verdict {
	var pass *passError
	switch {
	case f.wasCut():
		return verdict{refusal{http.StatusForbidden, cutOff, "the API user, its key or token, or the API client may not be used any more", 0}, unknown, model.EInterrupted}
	case f.body != nil && f.body.tooLong.Load():
		return verdict{ruled(gateway.BodyTooLarge, 0), unknown, ""}
	case f.canceled():
		return verdict{refusal{statusGone, "client_gone", "the caller did not wait for the answer", 0}, unknown, model.EInterrupted}
	case f.body != nil && f.body.broke.Load(), errors.Is(err, errBody):
		return verdict{refusal{http.StatusBadRequest, "body_unreadable", "the body of the request could not be read to its end", 0}, unknown, ""}
	case errors.As(err, &pass):
		return passVerdict(pass.err)
	case errors.Is(err, errRefused):
		return verdict{refusal{http.StatusBadGateway, "upstream_refused", "the upstream refused the credentials that the gateway has for it", 0}, unknown, model.EUpstream}
	}
	return f.upstreamVerdict(err)
}

// upstreamVerdict is for a request that the upstream did not answer.
func (f *flight) upstreamVerdict(err error) verdict {
	code := model.EUpstream
	if wire.FaultOf(err) != "" {
		code = model.CodeOf(err)
	}
	v := func(status int, reason gateway.Refusal, detail string, o outcome) verdict {
		return verdict{refusal{status, reason, detail, 0}, o, code}
	}
	switch wire.FaultOf(err) {
	case wire.FaultSettings:
		return v(http.StatusBadGateway, "client_incomplete", incomplete, unknown)
	case wire.FaultHeld:
		held := v(http.StatusServiceUnavailable, "upstream_busy", "the upstream takes no more requests for a while", unknown)
		held.wait = time.Second
		if until, ok := wire.HeldUntil(err); ok {
			held.wait = max(time.Second, until.Sub(f.g.now()))
		}
		return held
	case wire.FaultGuard:
		return v(http.StatusBadGateway, "upstream_forbidden", "the upstream's address is one that the gateway does not connect to", failed)
	case wire.FaultTimeout:
		return v(http.StatusGatewayTimeout, "upstream_timeout", "the upstream did not answer in time", failed)
	case wire.FaultProxy, wire.FaultDNS, wire.FaultConnect, wire.FaultTLS:
		if code == model.ETimeout {
			return v(http.StatusGatewayTimeout, "upstream_timeout", "the upstream could not be connected to in time", failed)
		}
		return v(http.StatusBadGateway, "upstream_unreachable", "the upstream could not be reached", failed)
	}
	return v(http.StatusBadGateway, "upstream_failed", "the upstream broke off, or answered with what is not HTTP", failed)
}

const incomplete = "the gateway's settings for this upstream are not complete; ask an operator of the hub"

// passVerdict is for a client that cannot be used, or whose token cannot be had.
func passVerdict(err error) verdict {
	code := model.AsError(err).Code
	v := func(status int, reason gateway.Refusal, detail string, wait time.Duration) verdict {
		return verdict{refusal{status, reason, detail, wait}, unknown, code}
	}
	switch code {
	case model.EDisabled:
		return verdict{ruled(gateway.ClientDisabled, 0), unknown, code}
	case model.ENotFound:
		return verdict{ruled(gateway.NoPermission, 0), unknown, code}
	case model.EIncomplete, model.EInvalid:
		return v(http.StatusBadGateway, "client_incomplete", incomplete, 0)
	case model.ERejected, model.EUpstream:
		return v(http.StatusBadGateway, "token_refused", "the upstream's token endpoint refused the gateway; ask an operator of the hub", 0)
	case model.EUnreachable, model.ETimeout, model.EBusy, model.ELocked, model.EInterrupted:
		return v(http.StatusServiceUnavailable, "token_unavailable", "the upstream's token endpoint does not answer at present", tokenPause)
	}
	return v(http.StatusServiceUnavailable, "token_failed", "the gateway could not get a token for the upstream", tokenPause)
}

// tokenPause is when a caller may try again after a token endpoint that was down.
const tokenPause = 5 * time.Second
