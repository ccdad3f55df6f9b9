package sandbox

import (
	"fmt"
	"slices"
	"time"
)

// product is one product of the ERP.
type product struct {
	SKU       string  `json:"sku"`
	Name      string  `json:"name"`
	Category  string  `json:"category"`
	Price     float64 `json:"price"`
	Currency  string  `json:"currency"`
	Stock     int     `json:"stock"`
	UpdatedAt string  `json:"updated_at"` // set by the ERP at each change
}

func (p product) sku() string { return p.SKU }

func (p product) with(sku string, now time.Time) product {
	p.SKU, p.UpdatedAt = sku, now.UTC().Format(time.RFC3339)
	return p
}

func (p product) changed() time.Time {
	at, _ := time.Parse(time.RFC3339, p.UpdatedAt) // the ERP wrote it
	return at
}

func (p product) wrong() string {
	switch {
	case p.Name == "":
		return "name is required"
	case p.Price < 0:
		return "price must not be negative"
	case p.Stock < 0:
		return "stock must not be negative"
	case !knownCurrency(p.Currency):
		return "currency must be EUR, CHF or GBP"
	}
	return ""
}

// price is one price of the ERP's guarded feed.
type price struct {
	SKU       string  `json:"sku"`
	Amount    float64 `json:"amount"`
	Currency  string  `json:"currency"`
	ValidFrom string  `json:"valid_from"` // YYYY-MM-DD
}

func (p price) sku() string { return p.SKU }

func (p price) with(sku string, _ time.Time) price {
	p.SKU = sku
	return p
}

func (price) changed() time.Time { return time.Time{} }

func (p price) wrong() string {
	_, err := time.Parse(time.DateOnly, p.ValidFrom)
	switch {
	case p.Amount < 0:
		return "amount must not be negative"
	case !knownCurrency(p.Currency):
		return "currency must be EUR, CHF or GBP"
	case err != nil:
		return "valid_from must be a date, as in 2026-01-31"
	}
	return ""
}

func knownCurrency(c string) bool { return slices.Contains(currencies, c) }

func skuAt(i int) string { return fmt.Sprintf("P-%05d", i+1) }

func newProducts() *feed[product] {
	return &feed[product]{size: Records, make: func(i int) product {
		d := roll(productFeed, i)
		material, thing := pick(d, materials), pick(d, things)
		return product{
			SKU: skuAt(i), Name: fmt.Sprintf("%s %s %d mm", material, thing, 5*(1+d.n(40))), Category: thing,
			Price: float64(50+d.n(50_000)) / 100, Currency: pick(d, currencies), Stock: d.n(2000),
			UpdatedAt: epoch.Add(-time.Duration(d.n(90*24*60)) * time.Minute).Format(time.RFC3339),
		}
	}}
}

// newMirror is where products of another system can be written to: empty at the start.
func newMirror() *feed[product] { return &feed[product]{} }

func newPrices() *feed[price] {
	return &feed[price]{size: Records, make: func(i int) price {
		d := roll(priceFeed, i)
		return price{
			SKU: skuAt(i), Amount: float64(50+d.n(50_000)) / 100, Currency: pick(d, currencies),
			ValidFrom: epoch.AddDate(0, 0, -d.n(365)).Format(time.DateOnly),
		}
	}}
}
