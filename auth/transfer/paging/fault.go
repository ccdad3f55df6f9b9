package paging

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"ferry/model"
)

func upstream(format string, args ...any) *model.Error {
	return model.Errorf(model.EUpstream, format, args...)
}

// fault says of which page an error is, and what was read before it.
func (r *reader) fault(pg *page, err error) error {
	if err == nil {
		return nil
	}
	e := *model.AsError(err)
	if e.Code == model.EInterrupted {
		return err
	}
	e.Message = fmt.Sprintf("page %d: %s; %s", pg.n, e.Message, keptBefore(pg))
	return &e
}

func keptBefore(pg *page) string {
	switch pg.before.Page {
	case 0:
		return "nothing was read before it"
	case 1:
		return fmt.Sprintf("the page before it, with %d records, is kept", pg.before.Records)
	}
	return fmt.Sprintf("the %d pages before it, with %d records, are kept", pg.before.Page, pg.before.Records)
}

// refused is the error for an answer that is no page.
func (r *reader) refused(pg *page, a *answer) error {
	if errors.Is(a.err, errTooLongToFilter) {
		return r.fault(pg, upstream("it is longer than %d MiB, and a filter needs the whole page", maxFiltered>>20).
			WithNext("name the place of the records plainly, as in --items .data.items, or ask for smaller pages with --page-size"))
	}
	tried := ""
	if pg.fetch.tries > 1 {
		tried = fmt.Sprintf(" (asked %d times)", pg.fetch.tries)
	}
	if a.err != nil {
		e := *model.AsError(a.err)
		e.Message += tried
		return r.fault(pg, &e)
	}
	e := upstream("the source answered %s%s%s", statusText(a.resp.Status), said(a), tried)
	switch s := a.resp.Status; {
	case again(s):
		e.Next = "try again later; a transfer that is resumed goes on from here"
	case s == 401, s == 403:
		e.Next = "check the credentials and what they may read: ferry call " + r.name() + " " + model.Printable(r.src.Endpoint.Path)
	case s == 404, s == 410:
		e.Next = "check the path, and with --paging how the source divides its pages"
	default:
		e.Next = "look at the answer: ferry call " + r.name() + " " + model.Printable(r.src.Endpoint.Path)
	}
	return r.fault(pg, e)
}

func (r *reader) name() string {
	c := r.src.Link.Client()
	return model.Printable(c.Name)
}

// said quotes an answer as the exchange keeps it: secrets masked.
func said(a *answer) string {
	text := strings.Join(strings.Fields(model.Printable(strings.ReplaceAll(a.resp.Exchange.ResponseBody, "\n", " "))), " ")
	if text == "" {
		return ""
	}
	return ": " + strings.ToValidUTF8(clip(text, 200), "")
}

// malformed is the error for a page that came, and is not what a page must be.
func (r *reader) malformed(pg *page, a *answer, data []byte, err error) error {
	var none *noListError
	var syntax *jsontext.SyntacticError
	look := "look at the answer: ferry call " + r.name() + " " + model.Printable(r.src.Endpoint.Path)
	switch {
	case errors.As(err, &none):
		return r.fault(pg, none.explain(a))
	case errors.Is(err, errNotList):
		return r.fault(pg, upstream("it holds no list of records at %s%s", model.Printable(r.pos.Items), said(a)).WithNext("%s", look))
	case len(bytes.TrimSpace(data)) == 0 && isEOF(err):
		return r.fault(pg, upstream("the answer is empty").WithNext("%s", look))
	case errors.As(err, &syntax), isEOF(err), errors.Is(err, errTrailing), errors.Is(err, errMembers), errors.Is(err, errLong):
		return r.fault(pg, broken(data, err).WithNext("%s", look))
	}
	return r.fault(pg, err)
}

// broken says what is wrong with JSON, and where in the page.
func broken(data []byte, err error) *model.Error {
	if t := bytes.TrimSpace(data); len(t) > 0 && t[0] == '<' {
		what := "XML"
		if low := bytes.ToLower(t[:min(len(t), 200)]); bytes.Contains(low, []byte("<html")) || bytes.HasPrefix(low, []byte("<!doctype html")) {
			what = "HTML"
		}
		return upstream("the answer is %s, not JSON", what)
	}
	var syntax *jsontext.SyntacticError
	at := ""
	why := err.Error()
	if errors.As(err, &syntax) {
		at = fmt.Sprintf(" at byte %d", syntax.ByteOffset)
		why = syntax.Err.Error()
	}
	if isEOF(err) {
		return upstream("the JSON ends too early%s", at)
	}
	var long *longError
	if errors.As(err, &long) {
		return upstream("record %d of it is longer than %d MiB", long.record, model.MaxTransferValue>>20)
	}
	if errors.Is(err, errLong) {
		return upstream("a value is longer than %d MiB", model.MaxTransferValue>>20)
	}
	return upstream("the JSON is malformed%s: %s", at, model.Printable(clip(why, 120)))
}

// explain says what stands where records were looked for.
func (e *noListError) explain(a *answer) *model.Error {
	switch {
	case e.failed:
		return upstream("the source answered %d with an error%s", a.resp.Status, said(a))
	case e.many:
		return upstream("it holds more than one list (%s)", shown(e.names)).WithNext("name the one with the records, as in --items .%s", model.Printable(e.names[0]))
	case e.scalar:
		return upstream("it is no list and no object").WithNext("name the records with --items JQ")
	}
	return upstream("it holds no list of records; it holds %s", shown(e.names)).
		WithNext("name the place of the records with --items, as in --items .data.rows; or take the answer as one record with --paging none")
}

// unfollowable is the error for a source that has more pages and does not say where.
func (r *reader) unfollowable(pg *page, f *facts, count int64) error {
	of := "says that there are more"
	if f.total > count {
		of = fmt.Sprintf("says that there are %d", f.total)
	}
	how := ""
	if set := r.src.Reading.Paging; set != model.PagingAuto {
		how = fmt.Sprintf(" in the way of --paging %s", set)
	}
	return r.fault(pg, upstream("it holds %d records and %s, and nothing in it leads to the following page%s", count, of, how).
		WithNext("set how the source pages, as in --paging page --page-param page or --paging offset; --paging none takes this page alone"))
}

func (r *reader) repeats(pg *page, ago int) error {
	return r.fault(pg, upstream("it holds the same records as the page %s before it", pagesAgo(ago)).
		WithNext("the source does not go on; set how it pages: --paging, --page-param, --first-page"))
}

func loops(ago int) error {
	return upstream("its link leads back to the page %s before it", pagesAgo(ago)).
		WithNext("follow the pages by number or offset instead: --paging page or --paging offset")
}

func pagesAgo(n int) string {
	if n == 1 {
		return "right"
	}
	return fmt.Sprintf("%d pages", n)
}
