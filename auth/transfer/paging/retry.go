package paging

import "github.com/cenkalti/backoff/v5"

// pauses is how long to wait between two attempts at one page.
func pauses() *backoff.ExponentialBackOff { return backoff.NewExponentialBackOff() }
