package syntax

import (
	"go/ast"
	"go/token"
	"regexp"
)

// binaryOps are the operators of the language with their precedence.
var binaryOps = map[token.Token]bool{
	token.LOR: true, token.LAND: true,
	token.EQL: true, token.NEQ: true, token.LSS: true, token.LEQ: true, token.GTR: true, token.GEQ: true,
	token.ADD: true, token.SUB: true, token.MUL: true, token.QUO: true, token.REM: true,
}

var decimal = regexp.MustCompile(`^(0|[1-9][0-9]*)$|^([0-9]+\.[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?$|^[0-9]+[eE][-+]?[0-9]+$`)

// powerHelp is for those who look for an operator of powers.
const powerHelp = "a square is x*x, any other power pow(x, y)"

// expr turns a Go expression into ours. Only what is listed here is accepted; Bad stands for
// all else.
func (p *goParser) expr(x ast.Expr) Expr {
	pos := p.pos(x.Pos())
	bad := &Bad{Pos: pos}
	switch x := x.(type) {
	case *ast.Ident:
		return &Name{Name: x.Name, Pos: pos}
	case *ast.BasicLit:
		return p.literal(x)
	case *ast.ParenExpr:
		return p.expr(x.X)
	case *ast.IndexExpr, *ast.IndexListExpr:
		return p.element(x)
	case *ast.BinaryExpr:
		if x.Op == token.XOR {
			p.errs.AddHelp(p.pos(x.OpPos), powerHelp, "the operator ^ is not in the language")
			return bad
		}
		if !binaryOps[x.Op] {
			p.errs.Addf(p.pos(x.OpPos), "the operator %s is not in the language", x.Op)
			return bad
		}
		if star, ok := x.Y.(*ast.StarExpr); ok && x.Op == token.MUL && star.Star == x.OpPos+1 {
			p.errs.AddHelp(p.pos(x.OpPos), powerHelp, "the operator ** is not in the language")
			return bad
		}
		return &Binary{Op: x.Op.String(), X: p.expr(x.X), Y: p.expr(x.Y), OpPos: p.pos(x.OpPos)}
	case *ast.UnaryExpr:
		if x.Op != token.SUB && x.Op != token.NOT {
			p.errs.Addf(pos, "the operator %s is not in the language", x.Op)
			return bad
		}
		return &Unary{Op: x.Op.String(), X: p.expr(x.X), Pos: pos}
	case *ast.CallExpr:
		return p.call(x)
	}
	p.errs.Addf(pos, "%s is not in the language of equations", goConstruct(x))
	return bad
}

func (p *goParser) literal(x *ast.BasicLit) Expr {
	pos := p.pos(x.Pos())
	if x.Kind != token.INT && x.Kind != token.FLOAT || !decimal.MatchString(x.Value) {
		p.errs.Addf(pos, "%s is not a number in decimal notation", x.Value)
		return &Bad{Pos: pos}
	}
	return &Literal{Text: x.Value, Pos: pos}
}

// element reads subscripts, those in one pair of brackets too, so that nothing else of these is
// missed.
func (p *goParser) element(x ast.Expr) Expr {
	var subs []Expr
	for {
		var in []ast.Expr
		switch i := x.(type) {
		case *ast.IndexExpr:
			x, in = i.X, []ast.Expr{i.Index}
		case *ast.IndexListExpr:
			p.errs.AddHelp(p.pos(i.Pos()), "subscripts are written x[n][i], not x[n, i]", "several subscripts in one pair of brackets")
			x, in = i.X, i.Indices
		}
		if in == nil {
			break
		}
		var first []Expr
		for _, s := range in {
			first = append(first, p.expr(s))
		}
		subs = append(first, subs...)
	}
	pos := p.pos(x.Pos())
	name, ok := x.(*ast.Ident)
	if !ok {
		p.errs.Addf(pos, "only a tensor has subscripts")
		return &Bad{Pos: pos}
	}
	return &Element{Name: name.Name, Subs: subs, Pos: pos}
}

func (p *goParser) call(x *ast.CallExpr) Expr {
	pos := p.pos(x.Pos())
	if x.Ellipsis.IsValid() {
		p.errs.Addf(p.pos(x.Ellipsis), "... is not in the language of equations")
		return &Bad{Pos: pos}
	}
	switch fn := x.Fun.(type) {
	case *ast.CompositeLit:
		return p.apply(fn, x.Args)
	case *ast.Ident:
		c := &Call{Fn: fn.Name, Pos: pos}
		for _, a := range x.Args {
			c.Args = append(c.Args, p.expr(a))
		}
		return c
	}
	p.errs.Addf(pos, "only a function's name can be called")
	return &Bad{Pos: pos}
}

// apply reads a layer with settings in braces and arguments.
func (p *goParser) apply(x *ast.CompositeLit, args []ast.Expr) Expr {
	a := &Apply{Pos: p.pos(x.Pos())}
	name, ok := x.Type.(*ast.Ident)
	if !ok {
		p.errs.Addf(a.Pos, "only a layer's name can stand before {")
		return &Bad{Pos: a.Pos}
	}
	a.Layer = name.Name
	before := p.errs.Len()
	first := map[string]bool{}
	for _, e := range x.Elts {
		kv, ok := e.(*ast.KeyValueExpr)
		key, isName := (*ast.Ident)(nil), false
		if ok {
			key, isName = kv.Key.(*ast.Ident)
		}
		if !isName {
			p.errs.AddHelp(p.pos(e.Pos()), "for example "+a.Layer+"{N: 3}(x)", "what stands in braces are names with values")
			continue
		}
		if first[key.Name] {
			p.errs.Addf(p.pos(key.Pos()), "%s is given twice", key.Name)
		}
		first[key.Name] = true
		a.Settings = append(a.Settings, &Setting{Name: Word{key.Name, p.pos(key.Pos())}, Value: p.expr(kv.Value)})
	}
	for _, e := range args {
		a.Args = append(a.Args, p.expr(e))
	}
	if p.errs.Len() > before {
		return &Bad{Pos: a.Pos} // without a setting, others would seem to be missing
	}
	return a
}

// goConstruct names a kind of Go expression.
func goConstruct(x ast.Expr) string {
	switch x := x.(type) {
	case *ast.CompositeLit:
		if _, ok := x.Type.(*ast.Ident); ok {
			return "a layer without arguments"
		}
		return "a composite literal"
	case *ast.FuncLit, *ast.FuncType:
		return "a function literal"
	case *ast.SelectorExpr:
		return "a selector"
	case *ast.SliceExpr:
		return "a slice"
	case *ast.StarExpr:
		return "a pointer"
	case *ast.TypeAssertExpr:
		return "a type assertion"
	}
	return "this"
}
