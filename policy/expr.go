package policy

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/ext"
)

// Bounds on expressions. The operator writes them, but their values come from clients.
const (
	maxExprRunes = 4096
	maxExprDepth = 64
	maxExprCost  = 100_000 // CEL's units, about one an operation; a header of 60 KiB searched costs some 6,000
)

// Expr is a compiled condition. It is immutable and safe for concurrent use. The nil Expr is always true.
type Expr struct {
	source string
	vars   []*Variable
	// direct evaluates without CEL's interpreter; nil if the expression is of no form that it covers.
	direct  func(*Features) bool
	anchors []anchor // without any one of which it cannot hold
	program cel.Program
}

// Compile checks an expression and prepares it. An empty one is always true. The error is an *[ExprError].
func Compile(source string) (*Expr, error) {
	if strings.TrimSpace(source) == "" {
		return &Expr{source: source, direct: func(*Features) bool { return true }}, nil
	}
	env, err := environment()
	if err != nil {
		return nil, &ExprError{Message: err.Error()}
	}
	checked, issues := env.Compile(source)
	if issues.Err() != nil {
		return nil, exprError(issues)
	}
	if t := checked.OutputType(); t != cel.BoolType {
		return nil, &ExprError{Line: 1, Column: 1, Message: fmt.Sprintf("must be true or false, and is a %s", t)}
	}
	tree := checked.NativeRep()
	if err := checkLookups(tree); err != nil {
		return nil, err
	}
	program, err := env.Program(checked, cel.EvalOptions(cel.OptOptimize), cel.CostLimit(maxExprCost))
	if err != nil {
		return nil, &ExprError{Line: 1, Column: 1, Message: err.Error()}
	}
	return &Expr{source: source, vars: usedVariables(tree), direct: direct(tree.Expr()), anchors: anchors(tree.Expr()), program: program}, nil
}

// Eval reports whether the condition holds. It fails only where CEL does: by cost, by arithmetic (overflow,
// division by zero), or by an index out of range.
func (e *Expr) Eval(f *Features) (bool, error) {
	switch {
	case e == nil:
		return true, nil
	case e.direct != nil:
		return e.direct(f), nil
	}
	return e.interpret(f)
}

func (e *Expr) interpret(f *Features) (bool, error) {
	v, _, err := e.program.Eval(activation{f})
	if err != nil {
		return false, err
	}
	return v == types.True, nil
}

// String returns the expression as written.
func (e *Expr) String() string {
	if e == nil {
		return ""
	}
	return e.source
}

// always reports whether e is true whatever the request: not written, or the constant.
func (e *Expr) always() bool {
	return e == nil || len(e.vars) == 0 && e.direct != nil && e.direct(&Features{})
}

// callerOnly reports whether e looks at nothing but what is known of the caller.
func (e *Expr) callerOnly() bool {
	if e == nil {
		return true
	}
	for _, v := range e.vars {
		if !v.Caller {
			return false
		}
	}
	return true
}

// OnlyOf reports whether e looks at no variable but the named ones.
func (e *Expr) OnlyOf(names ...string) bool {
	if e == nil {
		return true
	}
	for _, v := range e.vars {
		if !slices.Contains(names, v.Name) {
			return false
		}
	}
	return true
}

var environment = sync.OnceValues(func() (*cel.Env, error) {
	options := []cel.EnvOption{
		ext.Strings(),
		cel.CrossTypeNumericComparisons(true),
		cel.ParserExpressionSizeLimit(maxExprRunes),
		cel.ParserRecursionLimit(maxExprDepth),
		cel.Function("glob", cel.Overload("glob_string_string", []*cel.Type{cel.StringType, cel.StringType}, cel.BoolType,
			cel.BinaryBinding(func(s, pattern ref.Val) ref.Val {
				return types.Bool(Glob(string(pattern.(types.String)), string(s.(types.String))))
			}))),
	}
	for i := range variables {
		options = append(options, cel.Variable(variables[i].Name, variables[i].celType()))
	}
	return cel.NewEnv(options...)
})

func usedVariables(tree *ast.AST) []*Variable {
	var used []*Variable
	seen := map[string]bool{}
	ast.PostOrderVisit(tree.Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		if e.Kind() != ast.IdentKind || seen[e.AsIdent()] {
			return
		}
		seen[e.AsIdent()] = true
		if v := variable(e.AsIdent()); v != nil {
			used = append(used, v)
		}
	}))
	return used
}

// checkLookups refuses uses of `headers` and `claims` other than headers["name"], headers.name and "name" in headers: they are
// asked for one by one and never listed.
func checkLookups(tree *ast.AST) error {
	allowed := map[int64]bool{}
	var bad ast.Expr
	ast.PreOrderVisit(tree.Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		switch e.Kind() {
		case ast.CallKind:
			call := e.AsCall()
			args := call.Args()
			if call.FunctionName() == operators.Index && mapVariable(args[0]) != nil {
				allowed[args[0].ID()] = true
			}
			if call.FunctionName() == operators.In && mapVariable(args[1]) != nil {
				allowed[args[1].ID()] = true
			}
		case ast.SelectKind:
			if s := e.AsSelect(); mapVariable(s.Operand()) != nil && !s.IsTestOnly() {
				allowed[s.Operand().ID()] = true
			}
		case ast.IdentKind:
			if mapVariable(e) != nil && !allowed[e.ID()] && bad == nil {
				bad = e
			}
		}
	}))
	if bad == nil {
		return nil
	}
	at, name := tree.SourceInfo().GetStartLocation(bad.ID()), bad.AsIdent()
	return &ExprError{
		Line: at.Line(), Column: at.Column() + 1,
		Message:    name + " can only be asked for one by one",
		Suggestion: fmt.Sprintf(`write %[1]s["name"], which is empty for one that is not there, or "name" in %[1]s`, name),
	}
}
