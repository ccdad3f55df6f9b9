package sandbox

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// user is a person known to the HR system.
type user struct {
	UserName   string `json:"userName"` // unique
	ID         int    `json:"id"`
	FirstName  string `json:"firstName"`
	LastName   string `json:"lastName"`
	Email      string `json:"email"`
	Department string `json:"department"`
	Locale     string `json:"locale"`
	Active     bool   `json:"active"`
	CreatedAt  string `json:"createdAt"`
}

// userAt makes user i. Stepping through all pairs of names by a number that has no
// factor in common with their count keeps neighbours apart and user names unique.
func userAt(i int) user {
	pairs := len(firstNames) * len(lastNames)
	pair := i * 463 % pairs
	first, last := pair%len(firstNames), pair/len(firstNames)
	name := strings.ToLower(firstNames[first]) + "." + accountNames[last]
	if round := i / pairs; round > 0 {
		name += strconv.Itoa(round + 1)
	}
	d := roll(userFeed, i)
	return user{
		UserName: name, ID: 1001 + i, FirstName: firstNames[first], LastName: lastNames[last],
		Email: name + "@example.com", Department: pick(d, departments), Locale: pick(d, locales),
		Active:    d.n(12) != 0,
		CreatedAt: epoch.Add(-time.Duration(d.n(5*365*24*60)) * time.Minute).Format(time.RFC3339),
	}
}

// users answers GET /restApi/dvinciUsers/ with one page as a JSON array: ?page= from
// 1, ?size= up to 1000 and 100 by default.
func (s *system) users(w http.ResponseWriter, r *http.Request) {
	p, err := readPage(r.URL.Query())
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	from, to := p.bounds(Records)
	out := make([]user, 0, to-from)
	for i := from; i < to; i++ {
		out = append(out, userAt(i))
	}
	p.head(w, s.url, r.URL, Records)
	reply(w, http.StatusOK, out)
}
