package sandbox

// The credentials of the sandbox. They open nothing but made-up data on loopback and
// are the same on every start, so that a client configured once keeps working.
//
//nolint:gosec // they are printed for everybody to use
const (
	hrID            = "hr-client"
	hrSecret        = "sandbox-hr-4Jt8QmZc1vRw"
	analyticsID     = "analytics-client"
	analyticsSecret = "sandbox-analytics-7Ks2WbNd9xPf"
	erpKey          = "sandbox-erp-key-3Hy6TgLa5uVe"
	erpID           = "erp-client"
	erpSecret       = "sandbox-erp-8Mn4CqXj2sDo"
	erpUser         = "erp-operator"
	erpPassword     = "sandbox-operator-6Rz1YkBi9wFt"

	analyticsScope = "sellytics-data-api"
	apiKeyHeader   = "X-API-Key"
)

// The token endpoints.
//
//nolint:gosec // paths, not tokens
const (
	hrToken         = "/plt/oauth2/token"
	analyticsRealm  = "/realms/sellytics"
	analyticsToken  = analyticsRealm + "/protocol/openid-connect/token"
	analyticsRevoke = analyticsRealm + "/protocol/openid-connect/revoke"
	erpToken        = "/erp/oauth2/token"
)

// Client is what a person needs to connect to one of the systems. Paths are relative
// to BaseURL and answer 200 to an authorised GET.
type Client struct {
	Name         string            `json:"name"`
	BaseURL      string            `json:"base_url"`
	TokenURL     string            `json:"token_url"` // "" means no OAuth 2.0
	ClientID     string            `json:"client_id"`
	ClientSecret string            `json:"client_secret"`
	Scope        string            `json:"scope"`
	Username     string            `json:"username"` // with Password: the password grant
	Password     string            `json:"password"`
	Headers      map[string]string `json:"headers"` // all of them secret
	Paths        []string          `json:"paths"`
	Send         string            `json:"-"` // "body", "header" or "auto"
}

// Clients returns hr, analytics, erp and erp-secure, in this order.
func (s *Server) Clients() []Client {
	return []Client{
		{
			Name: "hr", BaseURL: s.url, TokenURL: s.url + hrToken,
			ClientID: hrID, ClientSecret: hrSecret, Headers: map[string]string{}, Send: "body",
			Paths: []string{"/restApi/dvinciUsers/", "/odata/v4/JobPostings?$top=3&$count=true"},
		},
		{
			Name: "analytics", BaseURL: s.url, TokenURL: s.url + analyticsToken,
			ClientID: analyticsID, ClientSecret: analyticsSecret, Scope: analyticsScope,
			Headers: map[string]string{}, Send: "header",
			Paths: []string{"/data-api/v1/orders?limit=5"},
		},
		{
			Name: "erp", BaseURL: s.url, Headers: map[string]string{apiKeyHeader: erpKey}, Send: "auto",
			Paths: []string{
				"/erp/products?page=1&size=5", "/erp/products?updatedSince=2026-01-05T00:00:00Z&size=5",
				"/erp/mirror", // empty at the start: a target to write to
			},
		},
		{
			Name: "erp-secure", BaseURL: s.url, TokenURL: s.url + erpToken,
			ClientID: erpID, ClientSecret: erpSecret, Username: erpUser, Password: erpPassword,
			Headers: map[string]string{}, Send: "auto",
			Paths: []string{"/erp/secure/prices?page=1&size=5"},
		},
	}
}
