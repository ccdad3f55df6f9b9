package sandbox

import (
	"encoding/base64"
	"fmt"
	"hash/crc32"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// order is one order in the analytics API.
type order struct {
	ID        string  `json:"id"`
	Customer  string  `json:"customer"`
	City      string  `json:"city"`
	Status    string  `json:"status"`
	Items     int     `json:"items"`
	Total     float64 `json:"total"`
	Currency  string  `json:"currency"`
	OrderedAt string  `json:"ordered_at"`
}

func orderAt(i int) order {
	d := roll(orderFeed, i)
	return order{
		ID: fmt.Sprintf("O-%06d", i+1), Customer: pick(d, firstNames) + " " + pick(d, lastNames),
		City: pick(d, cities), Status: pick(d, []string{"open", "paid", "shipped", "returned"}),
		Items: 1 + d.n(9), Total: float64(500+d.n(100_000)) / 100, Currency: pick(d, currencies),
		OrderedAt: epoch.Add(time.Duration(i)*7*time.Minute + time.Duration(d.n(400))*time.Second).Format(time.RFC3339),
	}
}

// orders answers GET /data-api/v1/orders: ?limit= up to 1000 and 100 by default,
// ?cursor= from the page before. The last page has next_cursor null.
func orders(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	limit, err := readInt(query, "limit", defaultSize, 1, maxSize)
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	from := 0
	if query.Has("cursor") {
		var ok bool
		if from, ok = readCursor(query.Get("cursor")); !ok {
			refuse(w, http.StatusBadRequest, "the cursor is not one of this API")
			return
		}
	}
	to := min(from+limit, Records)
	data := make([]order, 0, max(to-from, 0))
	for i := from; i < to; i++ {
		data = append(data, orderAt(i))
	}
	var next *string
	if to < Records {
		c := cursor(to)
		next = &c
	}
	reply(w, http.StatusOK, struct {
		Data []order `json:"data"`
		Next *string `json:"next_cursor"`
	}{data, next})
}

// cursor is opaque to callers: the offset and a checksum, so that a cursor that was
// cut or made up is refused rather than giving some other page.
func cursor(offset int) string {
	text := "orders:" + strconv.Itoa(offset)
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%s:%08x", text, crc32.ChecksumIEEE([]byte(text))))
}

func readCursor(c string) (int, bool) {
	raw, err := base64.RawURLEncoding.DecodeString(c)
	if err != nil {
		return 0, false
	}
	rest, ok := strings.CutPrefix(string(raw), "orders:")
	if !ok {
		return 0, false
	}
	digits, _, _ := strings.Cut(rest, ":")
	offset, err := strconv.Atoi(digits)
	if err != nil || offset < 0 || offset > Records || cursor(offset) != c {
		return 0, false
	}
	return offset, true
}
