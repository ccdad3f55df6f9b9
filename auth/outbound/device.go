package outbound

import (
	"context"

	"ferry/model"
)

// StartDevice implements model.TokenSource (RFC 8628 §3.1).
func (s *Source) StartDevice(context.Context, model.Client, string, model.ClientAuth) (model.DeviceCode, model.Exchange, error) {
	return model.DeviceCode{}, model.Exchange{}, errNotYet
}
