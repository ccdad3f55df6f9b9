package model

// RequireName is the rule for everything that changes data on a protected record:
// the one who acts gives the record's name. It returns EProtected unless protected
// is false or confirm is the name.
func RequireName(protected bool, name, confirm string) error {
	switch {
	case !protected, confirm == name:
		return nil
	case confirm != "":
		return Errorf(EProtected, "%q is protected, and %q is not its name", name, Printable(confirm)).
			WithField("confirm").WithNext("give its exact name: --confirm %s", name)
	}
	return Errorf(EProtected, "%q is protected: changing data there needs its name", name).
		WithField("confirm").WithNext("add --confirm %s", name)
}
