package policy

import (
	"slices"
	"strings"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
)

// Lookups are the request headers, in lower case, and the claims that expressions name, sorted.
type Lookups struct{ Headers, Claims []string }

// LookupsOf finds what an expression names. A name that is computed from the request cannot be known. The error is an
// *[ExprError].
func LookupsOf(source string) (Lookups, error) {
	var out Lookups
	if strings.TrimSpace(source) == "" {
		return out, nil
	}
	env, err := environment()
	if err != nil {
		return out, &ExprError{Message: err.Error()}
	}
	checked, issues := env.Compile(source)
	if issues.Err() != nil {
		return out, exprError(issues)
	}
	ast.PostOrderVisit(checked.NativeRep().Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		switch in, key := asked(e); in {
		case "headers":
			out.Headers = append(out.Headers, strings.ToLower(key))
		case "claims":
			out.Claims = append(out.Claims, key)
		}
	}))
	slices.Sort(out.Headers)
	slices.Sort(out.Claims)
	return Lookups{slices.Compact(out.Headers), slices.Compact(out.Claims)}, nil
}

// asked covers in["key"], in.key and "key" in in; in is "" for anything else.
func asked(e ast.Expr) (in, key string) {
	ident := func(e ast.Expr) string {
		if e.Kind() == ast.IdentKind {
			return e.AsIdent()
		}
		return ""
	}
	switch e.Kind() {
	case ast.SelectKind:
		return ident(e.AsSelect().Operand()), e.AsSelect().FieldName()
	case ast.CallKind:
		args := e.AsCall().Args()
		switch e.AsCall().FunctionName() {
		case operators.Index:
			in, e = ident(args[0]), args[1]
		case operators.In:
			in, e = ident(args[1]), args[0]
		default:
			return "", ""
		}
		if text := constText(e); text != nil {
			return in, *text
		}
	}
	return "", ""
}
