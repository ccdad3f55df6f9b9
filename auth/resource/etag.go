package resource

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"ferry/model"
)

// etag is the entity tag of a revision (RFC 9110 §8.8.3).
func etag(revision uint64) string { return `"` + strconv.FormatUint(revision, 10) + `"` }

// ifMatch returns the revision that a change is for: the stored one when If-Match names
// it (RFC 9110 §13.1.1), 0 when the caller does not care. 412 when another is named. Only
// strong tags can match; anything else is a mistake worth telling.
func (c *call) ifMatch(stored uint64) (uint64, error) {
	lines := c.r.Header.Values("If-Match")
	if c.r.Header.Get("If-None-Match") != "" {
		return 0, &statusError{http.StatusPreconditionFailed, "If-None-Match keeps a record that is there from being changed", ""}
	}
	if len(lines) == 0 {
		return 0, nil
	}
	list := strings.TrimSpace(strings.Join(lines, ","))
	if list == "*" {
		return 0, nil
	}
	var tags []string
	for item := range strings.SplitSeq(list, ",") {
		tag := strings.TrimSpace(item)
		if len(tag) < 2 || tag[0] != '"' || tag[len(tag)-1] != '"' || strings.Contains(tag[1:len(tag)-1], `"`) {
			return 0, faulty("If-Match", `must be * or the ETag of an answer, as in "3"`)
		}
		tags = append(tags, tag)
	}
	if slices.Contains(tags, etag(stored)) {
		return stored, nil
	}
	return 0, &statusError{
		http.StatusPreconditionFailed,
		"the record was changed meanwhile: its ETag is " + etag(stored) + " now", "If-Match",
	}
}

// unchanged reports whether If-None-Match names the revision, by weak comparison (RFC 9110
// §13.1.2): the answer is 304 then.
func (c *call) unchanged(revision uint64) bool {
	for _, line := range c.r.Header.Values("If-None-Match") {
		for item := range strings.SplitSeq(line, ",") {
			tag := strings.TrimSpace(item)
			if tag == "*" || strings.TrimPrefix(tag, "W/") == etag(revision) {
				return true
			}
		}
	}
	return false
}

// conditional reports whether the caller named a revision.
func (c *call) conditional() bool {
	v := c.r.Header.Get("If-Match")
	return v != "" && strings.TrimSpace(v) != "*"
}

// conflict tells a change that lost to another from a state that does not allow it. The
// model has one code for both; HTTP has 412 for the first when If-Match asked for it.
func (c *call) conflict(err error) error {
	e := model.AsError(err)
	if e.Code != model.EConflict || c.conditional() {
		return err
	}
	return &statusError{http.StatusConflict, reworded(e.Message), e.Field}
}
