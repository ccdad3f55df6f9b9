// Package keys holds the rules about API keys, the client secrets of API users: how
// one is made, what its text looks like, when it is valid, how it is rotated and
// revoked. A key's text exists once, in what Generate and Rotate return.
//
// It imports model and its use-cases only. It must never store, log or put into an
// error the text of a key.
package keys
