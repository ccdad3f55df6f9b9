package sandbox

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
)

// Page sizes of the feeds that are paged by page and size, or by limit.
const (
	defaultSize = 100
	maxSize     = 1000
)

// page is which part of a feed is asked for.
type page struct{ number, size int }

// readPage reads ?page= (from 1) and ?size= (1–1000, 100 when absent).
func readPage(query url.Values) (page, error) {
	number, err := readInt(query, "page", 1, 1, 1_000_000)
	if err != nil {
		return page{}, err
	}
	size, err := readInt(query, "size", defaultSize, 1, maxSize)
	return page{number, size}, err
}

func readInt(query url.Values, name string, absent, low, high int) (int, error) {
	if !query.Has(name) {
		return absent, nil
	}
	n, err := strconv.Atoi(query.Get(name))
	if err != nil || n < low || n > high {
		return 0, fmt.Errorf("%s must be a number from %d to %d", name, low, high)
	}
	return n, nil
}

// bounds returns the range of the page in a feed of total records, empty past its end.
func (p page) bounds(total int) (from, to int) {
	from = min((p.number-1)*p.size, total)
	return from, min(from+p.size, total)
}

// head tells of the whole feed and links to the next page (RFC 8288), if there is one. The
// link asks for the same part of the feed.
func (p page) head(w http.ResponseWriter, origin string, asked *url.URL, total int) {
	w.Header().Set("X-Total-Count", strconv.Itoa(total))
	if p.number*p.size >= total {
		return
	}
	more := ""
	if since := asked.Query().Get("updatedSince"); since != "" {
		more = "&updatedSince=" + url.QueryEscape(since)
	}
	w.Header().Set("Link", fmt.Sprintf(`<%s%s?page=%d&size=%d%s>; rel="next"`, origin, asked.Path, p.number+1, p.size, more))
}
