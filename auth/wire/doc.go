// Package wire is the way out to other systems' HTTP: one place for transports,
// proxies, client certificates, limits, the rate of a client, timing, redaction and the
// wording of network failures, used by token calls (auth/outbound) and API calls
// (auth/call) alike.
//
// A client's certificate goes to the https origins of its own base URL, token URL, issuer
// and device URL, to what a caller vouches for (Call.Own), and never where a redirect led
// away (Call.Left), nor to a proxy. Insecure lifts the check of the target's certificate for
// that client alone, and the exchange notes it. A 429 or 503 that says how long holds back
// the client's next requests to that origin; nothing here repeats a request.
//
// Through is the way for requests of others: streams, many at once, and no address of this
// machine or its network's infrastructure unless the base URL names it (guard.go).
//
// It imports model, model/clients (which header names are secret) and the standard
// library. It knows no grant and no use-case, keeps no cookie, follows no redirect by itself,
// and must never put a secret or unsanitised outside text into an error or an exchange.
package wire
