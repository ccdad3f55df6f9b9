package odata

import (
	"cmp"
	"strings"
	"time"
)

// expr is a compiled expression: its kind, and its value for a row, nil for null.
type expr struct {
	kind Kind
	eval func(row []any) any
}

func literal(t token) expr {
	v := t.value
	return expr{t.kind, func([]any) any { return v }}
}

// negate follows OData URL Conventions 4.0 §5.1.1.1.9: not null is null.
func negate(e expr) expr {
	return expr{Boolean, func(row []any) any {
		if b, ok := e.eval(row).(bool); ok {
			return !b
		}
		return nil
	}}
}

func stringTest(test func(s, part string) bool, text, part expr) expr {
	return expr{Boolean, func(row []any) any {
		a, ok1 := text.eval(row).(string)
		b, ok2 := part.eval(row).(string)
		if !ok1 || !ok2 {
			return nil
		}
		return test(a, b)
	}}
}

func combine(op string, a, b expr) (expr, *Error) {
	if op == "and" || op == "or" {
		for _, e := range []expr{a, b} {
			if e.kind != Boolean && e.kind != null {
				return expr{}, bad("$filter: %s needs conditions on both sides", op)
			}
		}
		return logical(op == "or", a, b), nil
	}
	if !canCompare(a.kind, b.kind) {
		return expr{}, bad("$filter: %s cannot be compared with %s", a.kind, b.kind)
	}
	if a.kind == Boolean && op != "eq" && op != "ne" {
		return expr{}, bad("$filter: %s does not order conditions", op)
	}
	return comparison(op, a, b), nil
}

// logical is and, or with null as "unknown": decided is the value that settles it.
func logical(decided bool, a, b expr) expr {
	return expr{Boolean, func(row []any) any {
		x := a.eval(row)
		if x == any(decided) {
			return decided
		}
		y := b.eval(row)
		switch {
		case y == any(decided):
			return decided
		case x == nil || y == nil:
			return nil
		}
		return !decided
	}}
}

// comparison follows §5.1.1.1: null equals null only, and is neither greater nor less.
func comparison(op string, a, b expr) expr {
	return expr{Boolean, func(row []any) any {
		x, y := a.eval(row), b.eval(row)
		if x == nil || y == nil {
			same := x == nil && y == nil
			return op == "eq" && same || op == "ne" && !same
		}
		c := compare(x, y)
		switch op {
		case "eq":
			return c == 0
		case "ne":
			return c != 0
		case "gt":
			return c > 0
		case "ge":
			return c >= 0
		case "lt":
			return c < 0
		}
		return c <= 0
	}}
}

func canCompare(a, b Kind) bool {
	number := func(k Kind) bool { return k == Int64 || k == Double }
	return a == b || a == null || b == null || number(a) && number(b)
}

// compare orders two values of kinds that can be compared. Strings are compared by
// code point, null comes first.
func compare(a, b any) int {
	switch x := a.(type) {
	case nil:
		if b == nil {
			return 0
		}
		return -1
	case string:
		if y, ok := b.(string); ok {
			return strings.Compare(x, y)
		}
	case bool:
		if y, ok := b.(bool); ok {
			return cmp.Compare(bit(x), bit(y))
		}
	case time.Time:
		if y, ok := b.(time.Time); ok {
			return x.Compare(y)
		}
	case int64:
		if y, ok := b.(int64); ok {
			return cmp.Compare(x, y)
		}
		if y, ok := b.(float64); ok {
			return cmp.Compare(float64(x), y)
		}
	case float64:
		if y, ok := b.(float64); ok {
			return cmp.Compare(x, y)
		}
		if y, ok := b.(int64); ok {
			return cmp.Compare(x, float64(y))
		}
	}
	return 1 // b is null
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}
