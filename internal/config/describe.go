package config

import (
	_ "embed"
	"go/ast"
	"go/parser"
	"go/token"
	"strings"
)

// source is the file whose comments say what each key means.
//
//go:embed config.go
var source string

// meanings are the comments of config.go: by type name, and by type and field name as "Route.Match".
type meanings map[string]string

func readMeanings() (meanings, error) {
	file, err := parser.ParseFile(token.NewFileSet(), "config.go", source, parser.ParseComments)
	if err != nil {
		return nil, err
	}
	out := meanings{}
	for _, d := range file.Decls {
		decl, ok := d.(*ast.GenDecl)
		if !ok || decl.Tok != token.TYPE {
			continue
		}
		for _, s := range decl.Specs {
			spec := s.(*ast.TypeSpec)
			out[spec.Name.Name] = oneLine(decl.Doc)
			body, ok := spec.Type.(*ast.StructType)
			if !ok {
				continue
			}
			for _, f := range body.Fields.List {
				for _, name := range f.Names {
					out[spec.Name.Name+"."+name.Name] = oneLine(f.Doc)
				}
			}
		}
	}
	return out, nil
}

func oneLine(doc *ast.CommentGroup) string {
	return strings.Join(strings.Fields(doc.Text()), " ")
}

// ofType is the comment of a type, without the Go name that it begins with: "One LLM API."
func (m meanings) ofType(name string) string {
	text := strings.TrimPrefix(strings.TrimPrefix(m[name], name+" "), "is ")
	if text == "" || strings.HasPrefix(text, "llmroute") {
		return text
	}
	return strings.ToUpper(text[:1]) + text[1:]
}
