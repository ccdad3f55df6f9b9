// Package gateway forwards requests of API users to the clients of a space: check, limit,
// inject, proxy. A caller presents an access token of our authority; it is taken away, and
// the client's own credentials are put in its place.
//
// It imports model, its use-cases and the packages of auth. It must never let a credential of
// one side reach the other, an error or a log, follow a redirect, buffer a body beyond what a
// retry may need, or speak to an address that the client's base URL does not name.
package gateway

import (
	"context"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"ferry/auth/access"
	"ferry/auth/authority"
	"ferry/auth/wire"
	"ferry/model"
	"ferry/model/gateway"
	"ferry/model/hub"
	"ferry/model/serving"
)

// Options of a gateway.
type Options struct {
	Ctx       context.Context // of the server: couriers live as long
	Hub       *hub.Hub
	Directory func() *serving.Directory // the newest picture of the store
	Verify    func(*http.Request) (authority.Access, *authority.BearerError)
	// Holds says what the user of an Access may do by now, or why no request with it goes on.
	Holds     func(*serving.Directory, authority.Access, netip.Addr) (*serving.User, model.Permits, serving.Reason)
	Pool      *wire.Pool // connections to upstreams
	PublicURL string     // for Location
}

// Gateway is an http.Handler for /gw/{client}/… and /spaces/{space}/gw/{client}/….
type Gateway struct {
	o      Options
	public string // PublicURL without a slash at its end
	now    model.Clock
	// What a request travels with and on; a test brings its own.
	courier func(ctx context.Context, space model.Space, client model.ID) (model.Courier, error)
	through func(c *model.Client) (http.RoundTripper, error)
	direct  func(*flight) bool

	mu      sync.RWMutex
	lanes   map[model.ID]*lane
	flights sync.Pool
}

// New makes a gateway.
func New(o Options) *Gateway {
	g := &Gateway{o: o, public: strings.TrimRight(o.PublicURL, "/"), now: time.Now, lanes: map[model.ID]*lane{}, direct: (*flight).isDirect}
	if o.Hub != nil {
		g.now = o.Hub.Now
		g.courier = func(ctx context.Context, space model.Space, client model.ID) (model.Courier, error) {
			return o.Hub.Calls.Courier(o.Hub.Context(ctx), space, client)
		}
	}
	if o.Pool != nil {
		g.through = o.Pool.Through
	}
	g.flights.New = func() any { return newFlight(g) }
	return g
}

// routeName is how logs name every request of the gateway.
const routeName = "/gw/{client}"

// ServeHTTP implements http.Handler.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := asked{g: g, w: w, r: r, entry: access.From(r), dir: g.o.Directory(), began: g.now()}
	x.entry.Route = routeName
	if x.find(); x.client != nil {
		x.entry.Upstream = x.client.Name
		x.cors = corsOf(x.client, r)
	}
	x.cors.set(w.Header())
	switch {
	case x.unclean():
	case isPreflight(r):
		x.preflight()
	case x.admit() && x.decide() && x.limit():
		x.carry()
	}
}

// asked is one request on its way through the checks.
type asked struct {
	g      *Gateway
	w      http.ResponseWriter
	r      *http.Request
	entry  *access.Entry
	dir    *serving.Directory
	began  time.Time
	at     location
	space  *model.Space
	client *model.Client // nil: there is none of that name that anybody may call
	cors   cors
	may    authority.Access
	rule   *model.GatewayRule
	lane   *lane
	ticket ticket
}

// find looks up what the path names. Nobody is told the outcome before it is known who asks.
func (x *asked) find() {
	x.at = locate(x.r.URL.EscapedPath())
	if x.space = x.dir.Space(x.at.space); x.space != nil {
		x.client = x.dir.Client(x.space.ID, x.at.client)
	}
}

// unclean refuses a request that two servers may read in two ways: 400.
func (x *asked) unclean() bool {
	var why string
	switch {
	case x.r.URL.Host != "" || x.r.URL.Opaque != "" || !strings.HasPrefix(x.r.RequestURI, "/"):
		why = "the target of the request is not a path"
	case strings.IndexByte(x.r.URL.RawQuery, '#') >= 0:
		why = "the query holds a fragment"
	case repeats([]string{x.r.RequestURI}, x.credential()):
		why = "the access token belongs in the Authorization header, not in the URI"
	default:
		why = gateway.Clean(x.at.below())
	}
	if why == "" {
		return false
	}
	x.refuse(refusal{http.StatusBadRequest, gateway.PathUnclean, why, 0})
	return true
}

// admit finds out who asks: 401. A token is good in the space that it was issued in.
func (x *asked) admit() bool {
	may, fault := x.g.o.Verify(x.r)
	if fault != nil {
		if x.entry.Reason == "" {
			x.entry.Reason = "no_token"
		}
		x.challenge(fault)
		return false
	}
	x.may = may
	x.entry.Client, x.entry.Space = may.User.Username, may.Space.Name
	if x.client == nil || x.space.ID != may.Space.ID {
		x.entry.Upstream = ""
		x.refuse(ruled(gateway.NoPermission, 0)) // names cannot be probed
		return false
	}
	x.rule = x.dir.Rule(may.User.ID, x.client.ID)
	return true
}

// decide asks the rules.
func (x *asked) decide() bool {
	x.lane = x.g.lane(x.space, x.client)
	d := gateway.Decide(gateway.Question{
		Client: x.client, Rule: x.rule, User: &x.may.User.APIUser, Permits: x.may.Permits, Addr: x.entry.Addr,
		Method: x.r.Method, Path: x.at.below(), Length: x.r.ContentLength, Now: x.began,
	}, false)
	if d.Refusal == "" {
		return true
	}
	x.refuse(refusal{d.Status, d.Refusal, d.Detail, 0})
	return false
}

// limit asks what is counted over time, then the breaker.
func (x *asked) limit() bool {
	if x.rule != nil && (x.rule.PerSecond > 0 || x.rule.PerDay > 0) {
		if why, wait := x.lane.meters.take(x.rule, x.began); why != "" {
			x.refuse(ruled(why, wait))
			return false
		}
	}
	t, wait := x.lane.breaker.allow(x.began)
	if wait > 0 {
		x.refuse(ruled(gateway.BreakerIsOpen, wait))
		return false
	}
	x.ticket = t
	return true
}

// carry lets the request travel, and counts what came of it whatever happens.
func (x *asked) carry() {
	f, _ := x.g.flights.Get().(*flight)
	defer f.land()
	f.board(x)
	if f.pass() && f.pack() {
		if x.g.direct(f) {
			f.goDirect()
		} else {
			f.proxy.ServeHTTP(&f.w, x.r)
		}
	}
	f.whole = true
}
