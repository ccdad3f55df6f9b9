package tokens

import (
	"context"
	"time"
)

// OnWait makes the pauses between polls take no time: f is told of each.
func (s *Service) OnWait(f func(context.Context, time.Duration) error) { s.wait = f }

// ChooseSend is for the table test.
var ChooseSend = chooseSend
