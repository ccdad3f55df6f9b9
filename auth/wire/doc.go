// Package wire is the way out to other systems' HTTP: one place for transports,
// limits, timing, redaction and the wording of network failures, used by token
// calls (auth/outbound) and API calls (auth/call) alike.
//
// It imports model, model/clients (which header names are secret) and the standard
// library. It knows no grant and no use-case,
// keeps no cookie, follows no redirect by itself, and must never put a secret or
// unsanitised outside text into an error or an exchange.
package wire
