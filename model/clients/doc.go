// Package clients holds every rule about API clients: what a valid one is, who may
// change it and how, what an edit does to stored secrets, and what is written to the
// audit log.
//
// It imports model only. It never reads a terminal, prints, or opens a connection.
package clients
