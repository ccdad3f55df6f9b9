package odata

import "strings"

// Limits on a $filter: bytes of text and levels of nesting.
const (
	maxFilter = 8 << 10
	maxDepth  = 50
)

// Filter is a compiled $filter.
type Filter struct{ expr expr }

// Match reports whether a row of the set satisfies the filter; null does not.
func (f *Filter) Match(row []any) bool { return f.expr.eval(row) == any(true) }

// ParseFilter compiles a $filter on a set. Types are checked here, not row by row:
// comparing a number with a string is a mistake worth telling, not an empty result.
func ParseFilter(set *Set, text string) (*Filter, *Error) {
	if len(text) > maxFilter {
		return nil, bad("$filter is longer than 8 KiB")
	}
	tokens, err := lex(text)
	if err != nil {
		return nil, err
	}
	p := &parser{set: set, tokens: tokens}
	e, err := p.or()
	if err != nil {
		return nil, err
	}
	if t := p.peek(); t.text != "" {
		return nil, p.unexpected(t)
	}
	if e.kind != Boolean && e.kind != null {
		return nil, bad("$filter must be a condition, not a value of type %s", e.kind)
	}
	return &Filter{e}, nil
}

// parser is a recursive descent in the order of precedence of OData URL Conventions
// 4.0 §5.1.1.9: or, and, eq ne, gt ge lt le, not, primary.
type parser struct {
	set    *Set
	tokens []token
	pos    int
	depth  int
}

func (p *parser) peek() token { return p.tokens[p.pos] }

// accept takes the next token when it is one of the words.
func (p *parser) accept(words ...string) (string, bool) {
	t := p.peek()
	for _, w := range words {
		if t.kind == "" && t.text == w {
			p.pos++
			return w, true
		}
	}
	return "", false
}

// binary parses operands of the next level, joined by operators to the left.
func (p *parser) binary(next func() (expr, *Error), ops ...string) (expr, *Error) {
	left, err := next()
	for err == nil {
		op, ok := p.accept(ops...)
		if !ok {
			return left, nil
		}
		var right expr
		if right, err = next(); err == nil {
			left, err = combine(op, left, right)
		}
	}
	return expr{}, err
}

func (p *parser) or() (expr, *Error)       { return p.binary(p.and, "or") }
func (p *parser) and() (expr, *Error)      { return p.binary(p.equality, "and") }
func (p *parser) equality() (expr, *Error) { return p.binary(p.relation, "eq", "ne") }
func (p *parser) relation() (expr, *Error) { return p.binary(p.unary, "gt", "ge", "lt", "le") }

func (p *parser) unary() (expr, *Error) {
	p.depth++
	defer func() { p.depth-- }()
	if p.depth > maxDepth {
		return expr{}, bad("$filter is nested too deeply")
	}
	if _, ok := p.accept("not"); !ok {
		return p.primary()
	}
	e, err := p.unary()
	if err != nil {
		return expr{}, err
	}
	if e.kind != Boolean && e.kind != null {
		return expr{}, bad("$filter: not needs a condition; write not (a eq b)")
	}
	return negate(e), nil
}

func (p *parser) primary() (expr, *Error) {
	t := p.peek()
	p.pos++
	switch {
	case t.text == "":
		p.pos--
		return expr{}, bad("$filter ends too early")
	case t.kind != "":
		return literal(t), nil
	case t.text == "(":
		e, err := p.or()
		if err != nil {
			return expr{}, err
		}
		return e, p.expect(")")
	case t.text == ")" || t.text == ",":
		return expr{}, p.unexpected(t)
	case p.peek().text == "(":
		return p.call(t.text)
	case p.peek().glued:
		return expr{}, unsupported("$filter: a literal with a type before it")
	}
	return p.property(t.text)
}

func (p *parser) property(name string) (expr, *Error) {
	if i, ok := p.set.index(name); ok {
		return expr{p.set.Properties[i].Kind, func(row []any) any { return row[i] }}, nil
	}
	if strings.ContainsAny(name, "/$@") {
		return expr{}, unsupported("$filter: %s (a path, variable or parameter)", name)
	}
	return expr{}, bad("$filter: %s has no property %s", p.set.Name, name)
}

func (p *parser) call(name string) (expr, *Error) {
	test, ok := map[string]func(s, part string) bool{
		"contains": strings.Contains, "startswith": strings.HasPrefix, "endswith": strings.HasSuffix,
	}[name]
	if !ok {
		return expr{}, unsupported("$filter: %s()", name)
	}
	p.pos++ // the parenthesis
	text, err := p.argument(name)
	if err != nil {
		return expr{}, err
	}
	if err := p.expect(","); err != nil {
		return expr{}, err
	}
	part, err := p.argument(name)
	if err != nil {
		return expr{}, err
	}
	return stringTest(test, text, part), p.expect(")")
}

func (p *parser) argument(function string) (expr, *Error) {
	e, err := p.or()
	if err == nil && e.kind != String && e.kind != null {
		err = bad("$filter: %s() needs strings", function)
	}
	return e, err
}

func (p *parser) expect(text string) *Error {
	if _, ok := p.accept(text); ok {
		return nil
	}
	if t := p.peek(); t.text != "" {
		return p.unexpected(t)
	}
	return bad("$filter ends before %q", text)
}

// unexpected tells operators that OData has and this package has not from mistakes.
func (p *parser) unexpected(t token) *Error {
	switch t.text {
	case "add", "sub", "mul", "div", "divby", "mod", "has", "in":
		return unsupported("$filter: the operator %s", t.text)
	}
	if t.glued {
		return unsupported("$filter: a literal with a type before it")
	}
	return bad("$filter: %s was not expected", t.text)
}
