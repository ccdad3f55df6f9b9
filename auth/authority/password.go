package authority

import "context"

// Password is the resource owner password credentials grant (RFC 6749 §4.3). It is
// legacy: systems that ferry connects to still use it, ferry's own authority does not.
type Password struct {
	Digest Digest
	// Users returns the digest of a user's password.
	Users func(ctx context.Context, username string) ([32]byte, bool)
}

// Type returns "password".
func (Password) Type() string { return "password" }

// Subject returns the username. An unknown user and a wrong password get the same
// answer for the same work.
func (p Password) Subject(ctx context.Context, _ Client, form *Form) (string, *Error) {
	name, password := form.Get("username"), form.Get("password")
	if name == "" || password == "" {
		return "", fail(InvalidRequest, "username and password are required")
	}
	want, known := p.Users(ctx, name)
	if !matches([][32]byte{want}, p.Digest(password)) || !known {
		return "", fail(InvalidGrant, "unknown user or wrong password")
	}
	return name, nil
}
