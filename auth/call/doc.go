// Package call makes one authorised request to a client's API: it implements
// model.Caller.
//
// It imports model, model/clients and auth/wire. It sends the client's credential to the client's
// own origin and nowhere else, whatever a path, a redirect or a header asks for, and
// decides nothing about tokens, retries or history: that is the business of
// model/calls.
package call
