package sandbox

import (
	"slices"
	"strings"
)

// Curl returns lines for sh, ready to paste: for each client its token request, which
// puts the token in a variable, and a call. The secrets in them are the throw-away
// ones of the sandbox.
func (s *Server) Curl() []string {
	var lines []string
	for _, c := range s.Clients() {
		lines = append(lines, "# "+c.Name)
		auth := ""
		if c.TokenURL != "" {
			variable := strings.ToUpper(strings.ReplaceAll(c.Name, "-", "_")) + "_TOKEN"
			lines = append(lines, tokenLine(c, variable))
			auth = ` -H "Authorization: Bearer $` + variable + `"`
		}
		for _, path := range c.Paths {
			line := "curl -sS" + auth
			for _, name := range sortedKeys(c.Headers) {
				line += " -H " + quote(name+": "+c.Headers[name])
			}
			lines = append(lines, line+" "+quote(c.BaseURL+path))
		}
	}
	return lines
}

// tokenLine asks for a token with -d only (so a POST of a form) and cuts it out of
// the answer with sed: a machine with curl need not have jq.
func tokenLine(c Client, variable string) string {
	form := []string{"grant_type=client_credentials"}
	if c.Username != "" {
		form = []string{"grant_type=password", "username=" + c.Username, "password=" + c.Password}
	}
	if c.Scope != "" {
		form = append(form, "scope="+c.Scope)
	}
	line := variable + "=$(curl -sS"
	if c.Send == "header" {
		line += " -u " + quote(c.ClientID+":"+c.ClientSecret)
	} else {
		form = append(form, "client_id="+c.ClientID, "client_secret="+c.ClientSecret)
	}
	for _, field := range form {
		line += " -d " + quote(field)
	}
	return line + " " + quote(c.TokenURL) + ` | sed -n 's/.*"access_token":"\([^"]*\)".*/\1/p')`
}

func sortedKeys(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// quote quotes for sh; nothing is special between single quotes but themselves.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
