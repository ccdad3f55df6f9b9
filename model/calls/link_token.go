package calls

import (
	"context"
	"time"

	"ferry/model"
	"ferry/model/tokens"
)

// linked is the token that a link keeps, so that only one that is due is looked for in
// the store.
type linked struct {
	l  *link
	is *standing
}

func (b linked) token(ctx context.Context) (tokens.Result, error) {
	l := b.l
	if err := l.hold(ctx); err != nil {
		return tokens.Result{}, err
	}
	defer l.letGo()
	if l.of == b.is.identity && l.held.Token.Fresh(l.s.now()) {
		return l.held, nil
	}
	res, err := l.s.tokens.Get(ctx, b.is.space, &b.is.client, false)
	if remembered(res, err) {
		if l.of == b.is.identity && l.failed != nil && l.failed.Error() == err.Error() {
			return res, l.failed
		}
		if err := pause(ctx, rememberedFor); err != nil {
			return res, err
		}
		res, err = l.s.tokens.Get(ctx, b.is.space, &b.is.client, false)
	}
	l.held, l.of, l.failed = tokens.Result{}, b.is.identity, err
	if err != nil {
		return res, err
	}
	l.held = res
	l.held.Cached = true // for everybody after this request
	return res, nil
}

// rememberedFor is how long a failure of a token endpoint answers for others.
const rememberedFor = time.Second

// remembered reports whether err is what a fetch came to that somebody else made a moment
// ago. Its cause is not kept, and without it nobody can tell an endpoint that is down from
// one that refuses: whoever needs to know asks again.
func remembered(res tokens.Result, err error) bool {
	return err != nil && res.Cached && model.CodeOf(err) == model.EUpstream
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// drop forgets a token that was refused. Of many requests that are refused at once the
// first does; for the others there is another token by then, or none.
func (b linked) drop(ctx context.Context, t model.Token) error {
	l := b.l
	if err := l.hold(ctx); err != nil {
		return err
	}
	defer l.letGo()
	if !l.held.Token.Access.Equal(t.Access) {
		return nil
	}
	if err := l.s.tokens.Drop(ctx, &b.is.client, t); err != nil {
		return err
	}
	l.held, l.of = tokens.Result{}, ""
	return nil
}

func (l *link) hold(ctx context.Context) error {
	select {
	case l.fetching <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (l *link) letGo() { <-l.fetching }
