// Package model holds ferry's nouns, its errors, the Secret type and the ports
// through which use-cases reach the world.
//
// It imports the standard library only and never touches a file, a socket or a
// terminal. The packages below it (clients, apiusers, keys, spaces, tokens, calls,
// serving, audit) are the use-cases: every business rule lives in exactly one of them,
// and both the console and the command line call them. Storage, auth and ui import
// model; model imports none of them.
package model
