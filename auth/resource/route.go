package resource

import "ferry/model"

// Route is one thing that the API answers.
type Route struct {
	Method     string
	Pattern    string           // a path pattern of net/http, without method
	Permission model.Permission // what the caller needs; "" means any valid access token
	Public     bool             // no access token is needed
	Summary    string
}
