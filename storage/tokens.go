package storage

import (
	"time"

	"ferry/model"
	"ferry/storage/kv"
)

// tokens implements model.TokenRepo.
type tokens struct{ tx kv.Tx }

func (r tokens) Get(client model.ID) (model.TokenState, error) {
	k, err := key(kindToken, client)
	if err != nil {
		return model.TokenState{}, err
	}
	rec, err := found(get[tokenRecord](r.tx, k))
	return rec.model(), err
}

func (r tokens) Put(s model.TokenState) error {
	k, err := key(kindToken, s.Client)
	if err != nil {
		return err
	}
	return put(r.tx, k, tokenRecordOf(s))
}

func (r tokens) Delete(client model.ID) error {
	k, err := key(kindToken, client)
	if err != nil {
		return err
	}
	return r.tx.Delete(k)
}

type tokenRecord struct {
	Client   string         `cbor:"1,keyasint,omitempty"`
	Identity string         `cbor:"2,keyasint,omitempty"`
	Access   string         `cbor:"3,keyasint,omitempty"`
	Type     string         `cbor:"4,keyasint,omitempty"`
	Scope    string         `cbor:"5,keyasint,omitempty"`
	Fetched  instant        `cbor:"6,keyasint,omitempty"`
	Expires  instant        `cbor:"7,keyasint,omitempty"`
	SentAs   string         `cbor:"8,keyasint,omitempty"`
	Exchange exchangeRecord `cbor:"9,keyasint"`
	Failed   *failureRecord `cbor:"10,keyasint,omitempty"`
	Rejected bool           `cbor:"11,keyasint,omitempty"`
	WorkedAs string         `cbor:"12,keyasint,omitempty"`
	Refresh  string         `cbor:"13,keyasint,omitempty"`

	Recent []exchangeRecord `cbor:"14,keyasint,omitempty"`
}

type failureRecord struct {
	Code    string  `cbor:"1,keyasint,omitempty"`
	Message string  `cbor:"2,keyasint,omitempty"`
	Next    string  `cbor:"3,keyasint,omitempty"`
	Until   instant `cbor:"4,keyasint,omitempty"`
}

type exchangeRecord struct {
	At              instant       `cbor:"1,keyasint,omitempty"`
	Method          string        `cbor:"2,keyasint,omitempty"`
	URL             string        `cbor:"3,keyasint,omitempty"`
	RequestHeaders  []paramRecord `cbor:"4,keyasint,omitempty"`
	RequestBody     string        `cbor:"5,keyasint,omitempty"`
	Status          int           `cbor:"6,keyasint,omitempty"`
	ResponseHeaders []paramRecord `cbor:"7,keyasint,omitempty"`
	ResponseBody    string        `cbor:"8,keyasint,omitempty"`
	Truncated       bool          `cbor:"9,keyasint,omitempty"`
	Timing          []int64       `cbor:"10,keyasint,omitempty"` // nanoseconds: DNS, connect, TLS, wait, body, total, queue
	Reused          bool          `cbor:"11,keyasint,omitempty"`
	Failure         string        `cbor:"12,keyasint,omitempty"`
	Notes           []string      `cbor:"13,keyasint,omitempty"`
}

func tokenRecordOf(s model.TokenState) tokenRecord {
	r := tokenRecord{
		Client: string(s.Client), Identity: s.Identity, Access: s.Token.Access.Reveal(), Type: s.Token.Type,
		Scope: s.Token.Scope, Fetched: at(s.Token.Fetched), Expires: at(s.Token.Expires), SentAs: string(s.Token.SentAs),
		Exchange: exchangeRecordOf(s.Exchange), Rejected: s.Rejected, WorkedAs: string(s.WorkedAs),
		Refresh: s.Token.Refresh.Reveal(),
	}
	for _, x := range s.Recent {
		r.Recent = append(r.Recent, exchangeRecordOf(x))
	}
	if f := s.Failed; f != nil {
		r.Failed = &failureRecord{Code: string(f.Code), Message: f.Message, Next: f.Next, Until: at(f.Until)}
	}
	return r
}

func (r tokenRecord) model() model.TokenState {
	s := model.TokenState{
		Client: model.ID(r.Client), Identity: r.Identity,
		Token: model.Token{
			Access: model.NewSecret(r.Access), Type: r.Type, Scope: r.Scope,
			Fetched: r.Fetched.time(), Expires: r.Expires.time(), SentAs: model.ClientAuth(r.SentAs),
			Refresh: model.NewSecret(r.Refresh),
		},
		Exchange: r.Exchange.model(), Rejected: r.Rejected, WorkedAs: model.ClientAuth(r.WorkedAs),
	}
	for _, x := range r.Recent {
		s.Recent = append(s.Recent, x.model())
	}
	if f := r.Failed; f != nil {
		s.Failed = &model.Failure{Code: model.Code(f.Code), Message: f.Message, Next: f.Next, Until: f.Until.time()}
	}
	return s
}

func exchangeRecordOf(e model.Exchange) exchangeRecord {
	t := e.Timing
	r := exchangeRecord{
		At: at(e.At), Method: e.Method, URL: e.URL, RequestHeaders: paramRecords(e.RequestHeaders),
		RequestBody: e.RequestBody, Status: e.Status, ResponseHeaders: paramRecords(e.ResponseHeaders),
		ResponseBody: e.ResponseBody, Truncated: e.Truncated, Reused: t.Reused, Failure: e.Failure,
		Notes: e.Notes,
	}
	if parts := [...]time.Duration{t.DNS, t.Connect, t.TLS, t.Wait, t.Body, t.Total, t.Queue}; parts != [7]time.Duration{} {
		for _, d := range parts {
			r.Timing = append(r.Timing, int64(d))
		}
	}
	return r
}

func (r exchangeRecord) model() model.Exchange {
	var d [7]time.Duration
	for i := range min(len(d), len(r.Timing)) {
		d[i] = time.Duration(r.Timing[i])
	}
	return model.Exchange{
		At: r.At.time(), Method: r.Method, URL: r.URL, RequestHeaders: params(r.RequestHeaders),
		RequestBody: r.RequestBody, Status: r.Status, ResponseHeaders: params(r.ResponseHeaders),
		ResponseBody: r.ResponseBody, Truncated: r.Truncated, Failure: r.Failure, Notes: r.Notes,
		Timing: model.Timing{DNS: d[0], Connect: d[1], TLS: d[2], Wait: d[3], Body: d[4], Total: d[5], Queue: d[6], Reused: r.Reused},
	}
}
