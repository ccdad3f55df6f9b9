package tokens

import "ferry/model"

// Header is the header in which API requests of c carry t, "" for a client whose API
// takes the token in a query parameter (model.Place).
func Header(c *model.Client, t model.Token) (name string, value model.Secret) {
	p := c.Auth.Place
	prefix := p.Prefix
	switch {
	case p.Query != "":
		return "", model.Secret{}
	case p.Header != "":
		name = p.Header
	default:
		name = "Authorization"
		if prefix == "" {
			prefix = "Bearer"
		}
	}
	if prefix != "" {
		prefix += " "
	}
	return name, model.NewSecret(prefix + t.Access.Reveal())
}
