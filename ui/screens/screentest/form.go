package screentest

import "ferry/ui/widget/sheet"

// Focus moves by tabs to the item of a form with key.
func (d *Driver) Focus(key string) *Driver {
	d.t.Helper()
	form := d.Screen.(interface{ Focused() *sheet.Item })
	for range 200 {
		if it := form.Focused(); it != nil && it.Key == key {
			return d
		}
		d.Press("tab")
	}
	d.t.Fatalf("no item %s:\n%s", key, d.View())
	return d
}
