package policy

import (
	"fmt"
	"reflect"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

// lookupMap is the request's headers, or the caller's claims, as a CEL map in which every key has a value: what is not there
// is empty, so that an expression cannot fail for want of one. It cannot be listed; Compile refuses
// expressions that would try.
type lookupMap struct {
	f *Features
	v *Variable
}

var _ traits.Mapper = lookupMap{}

func (m lookupMap) Find(key ref.Val) (ref.Val, bool) {
	name, ok := key.(types.String)
	if !ok {
		return types.MaybeNoSuchOverloadErr(key), false
	}
	return types.String(m.v.lookup(m.f, string(name))), true
}

func (m lookupMap) Get(key ref.Val) ref.Val {
	v, _ := m.Find(key)
	return v
}

// Contains is the `in` operator: it is there and not empty.
func (m lookupMap) Contains(key ref.Val) ref.Val {
	v, ok := m.Find(key)
	if !ok {
		return v
	}
	return types.Bool(v.(types.String) != "")
}

func (m lookupMap) Iterator() traits.Iterator {
	return types.NewStringList(types.DefaultTypeAdapter, nil).Iterator()
}
func (m lookupMap) Size() ref.Val         { return types.NewErr("%s cannot be counted", m.v.Name) }
func (m lookupMap) Type() ref.Type        { return types.MapType }
func (m lookupMap) Value() any            { return m.f }
func (m lookupMap) Equal(ref.Val) ref.Val { return types.NewErr("%s cannot be compared", m.v.Name) }

func (m lookupMap) ConvertToNative(t reflect.Type) (any, error) {
	return nil, fmt.Errorf("%s cannot become %v", m.v.Name, t)
}

func (m lookupMap) ConvertToType(t ref.Type) ref.Val {
	return types.NewErr("%s cannot become %s", m.v.Name, t.TypeName())
}
