package policy

import (
	"fmt"
	"reflect"
	"strings"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

// headerMap is the request's headers as a CEL map in which every key has a value: a header that is not there
// is empty, so that an expression cannot fail for want of one. It cannot be listed; Compile refuses
// expressions that would try.
type headerMap struct{ f *Features }

var _ traits.Mapper = headerMap{}

func (m headerMap) Find(key ref.Val) (ref.Val, bool) {
	name, ok := key.(types.String)
	if !ok {
		return types.MaybeNoSuchOverloadErr(key), false
	}
	return types.String(m.f.header(strings.ToLower(string(name)))), true
}

func (m headerMap) Get(key ref.Val) ref.Val {
	v, _ := m.Find(key)
	return v
}

// Contains is the `in` operator: the header is there and not empty.
func (m headerMap) Contains(key ref.Val) ref.Val {
	v, ok := m.Find(key)
	if !ok {
		return v
	}
	return types.Bool(v.(types.String) != "")
}

func (m headerMap) Iterator() traits.Iterator {
	return types.NewStringList(types.DefaultTypeAdapter, nil).Iterator()
}
func (m headerMap) Size() ref.Val         { return types.NewErr("headers cannot be counted") }
func (m headerMap) Type() ref.Type        { return types.MapType }
func (m headerMap) Value() any            { return m.f }
func (m headerMap) Equal(ref.Val) ref.Val { return types.NewErr("headers cannot be compared") }

func (m headerMap) ConvertToNative(t reflect.Type) (any, error) {
	return nil, fmt.Errorf("headers cannot become %v", t)
}

func (m headerMap) ConvertToType(t ref.Type) ref.Val {
	return types.NewErr("headers cannot become %s", t.TypeName())
}
