package wire

import (
	"net/http"

	"ferry/model"
)

// Through returns the transport of c's own connections for requests of others: the same
// proxies, certificates and limits, tuned for many requests at once, and closed to addresses
// that the base URL does not name: loopback, link-local and metadata addresses in every
// spelling, as they are dialled. It follows no redirect and decodes nothing.
func (p *Pool) Through(c *model.Client) (http.RoundTripper, error) {
	return nil, model.Errorf(model.EInternal, "not there yet")
}
