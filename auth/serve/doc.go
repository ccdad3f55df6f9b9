// Package serve is the running server of the hub: it puts the authority, the hub's own
// API and the gateway on one listener, keeps the picture of the store fresh from which they answer,
// counts what happens, and tells of itself on an admin socket.
//
// When the store cannot be read, requests are answered from what was read before. After a
// minute of that /readyz answers 503, and after five minutes every request does: somebody
// may have been disabled meanwhile.
//
// It imports model and the packages of auth. It must never use the Host header, write a
// secret, a query or a body anywhere, or touch the store while it answers a token request.
package serve
