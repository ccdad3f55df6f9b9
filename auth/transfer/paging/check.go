package paging

import (
	"fmt"
	"slices"
	"strings"

	"ferry/model"
)

// maxPageSize is the most records that a page may be asked to hold.
const maxPageSize = 1_000_000

// Check refuses a Reading that cannot be. EInvalid with the fields at fault.
func Check(r *model.Reading, compile model.FilterCompiler) error {
	var bad []model.FieldError
	add := func(field, format string, args ...any) {
		bad = append(bad, model.FieldError{Field: field, Message: fmt.Sprintf(format, args...)})
	}
	if r.Paging != model.PagingAuto && !slices.Contains(model.Pagings(), r.Paging) {
		add("paging", "must be one of auto, link, odata, next, page, offset, cursor, none")
	}
	if _, plain := placeOf(r.Items); r.Items != "" && !plain {
		if _, err := compile(r.Items); err != nil {
			add("items", "%s", err.Error())
		}
	}
	if r.PageSize < 0 || r.PageSize > maxPageSize {
		add("page_size", "must be a number from 1 to %d", maxPageSize)
	}
	if p := newPlan(model.Endpoint{}, *r); r.PageSize > 0 && r.SizeParam == "" && p.scheme == model.PagingAuto {
		// A source ignores what it does not know, so a guess would be a size that is not there.
		add("size_param", "is needed with page_size while the paging is found out: size, per_page, limit …")
	}
	if r.FirstPage != nil && *r.FirstPage < 0 {
		add("first_page", "must be 0 or more")
	}
	if r.Limit < 0 {
		add("limit", "must be 1 or more")
	}
	if r.Since != "" && r.SinceParam == "" {
		add("since_param", "is needed: the name of the parameter that takes the value of since")
	}
	for _, p := range []model.Param{
		{Name: "page_param", Value: r.PageParam},
		{Name: "size_param", Value: r.SizeParam},
		{Name: "cursor_param", Value: r.CursorParam},
		{Name: "cursor_field", Value: r.CursorField},
		{Name: "since_param", Value: r.SinceParam},
		{Name: "since", Value: r.Since},
	} {
		if len(p.Value) > 1024 || strings.ContainsFunc(p.Value, func(c rune) bool { return c < ' ' || c == 0x7f }) {
			add(p.Name, "must be at most 1024 characters, none of them a control character")
		}
	}
	return model.Invalid(bad)
}
