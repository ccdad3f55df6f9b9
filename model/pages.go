package model

import (
	"context"
	"slices"
)

// pageSize is how many records one transaction of EachPage reads.
const pageSize = 1000

// EachPage hands every record that read returns to fn, a page at a time in the order of
// ids. Each page is read in a transaction of its own, so that a writer waits for one page
// at most; fn runs outside of them, once a page, the last page included.
func EachPage[T any](ctx context.Context, store Store, read func(tx Tx, after ID, limit int) ([]T, error), id func(*T) ID, fn func([]T)) error {
	for after := ID(""); ; {
		var page []T
		err := store.View(ctx, func(tx Tx) (err error) {
			page, err = read(tx, after, pageSize)
			return err
		})
		if err != nil {
			return err
		}
		fn(page)
		if len(page) < pageSize {
			return nil
		}
		after = id(&page[len(page)-1])
	}
}

// EachRule hands every rule of a space to fn, by user and client. It reads within tx.
func EachRule(tx Tx, space ID, fn func(*GatewayRule)) error {
	for user, client := ID(""), ID(""); ; {
		page, err := tx.Rules().Page(space, user, client, pageSize)
		if err != nil {
			return err
		}
		for i := range page {
			fn(&page[i])
		}
		if len(page) < pageSize {
			return nil
		}
		last := &page[len(page)-1]
		user, client = last.User, last.Client
	}
}

// ForgetRules removes the rules of a space for which gone reports true, as many in one
// transaction as it takes. Those that somebody else removed meanwhile are no error.
func ForgetRules(ctx context.Context, store Store, space ID, gone func(*GatewayRule) bool) error {
	var rules []GatewayRule
	err := store.View(ctx, func(tx Tx) error {
		rules = nil
		return EachRule(tx, space, func(r *GatewayRule) {
			if gone(r) {
				rules = append(rules, *r)
			}
		})
	})
	if err != nil {
		return err
	}
	for some := range slices.Chunk(rules, 100) {
		err := store.Update(ctx, func(tx Tx) error {
			for _, r := range some {
				if err := tx.Rules().Delete(space, r.User, r.Client); err != nil && CodeOf(err) != ENotFound {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
