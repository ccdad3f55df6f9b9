package apiusers

import "time"

// Draft is what a form, a command line or a request says about an API user. Check it
// with Check, save it with Create or Update.
type Draft struct {
	Username    string
	Description string
	OAuth       bool
	TTL         time.Duration // 0: what is stored, else the hub's default
	Permissions []string      // as people write them: "clients:view", "call:erp"
	Networks    []string      // "10.0.0.0/8", or one address
	Expires     time.Time     // zero: never
	Revision    uint64        // the revision that was edited; 0: whatever is stored
}
