package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"reflect"
	"strings"

	yaml "go.yaml.in/yaml/v4"
)

// maxFileBytes bounds what is read of a configuration.
const maxFileBytes = 4 << 20

// File is a configuration with what is known of the file that it came from. It may be read by several goroutines.
type File struct {
	Name string
	// Config is nil if Load found faults.
	Config *Config
	// Warnings do not keep the configuration from being used.
	Warnings Faults

	spots map[string]spot
}

// spot is where a path stands in the file.
type spot struct {
	key, value Pos
	scalar     bool
	text       string // of a scalar, as it may be shown
}

// LoadFile reads the configuration at path, with the environment of this process. A file that cannot be read is a
// fault too.
func LoadFile(path string) (*File, Faults) {
	data, err := readFile(path)
	if err != nil {
		f := Fault{File: path, Message: "cannot be read: " + err.Error()}
		if errors.Is(err, fs.ErrNotExist) {
			f.Message, f.Suggestion = "there is no such file", "name it with --config"
		}
		return &File{Name: path}, Faults{f}
	}
	return Load(path, data, os.LookupEnv)
}

func readFile(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, cause(err)
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxFileBytes+1))
	switch {
	case err != nil:
		return nil, cause(err)
	case len(data) > maxFileBytes:
		return nil, fmt.Errorf("it is larger than %d MiB", maxFileBytes>>20)
	}
	return data, nil
}

// cause is err without the path, which the fault names already.
func cause(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}

// Load reads a configuration. name is what faults call the file, and env looks up environment variables. All
// faults come at once, in order. The File is never nil: after faults it still knows warnings and positions, but
// has no Config.
func Load(name string, data []byte, env func(string) (string, bool)) (*File, Faults) {
	f := &File{Name: name, spots: map[string]spot{}}
	root, fault := parse(name, data)
	if fault != nil {
		return f, Faults{*fault}
	}
	c := &Config{}
	d := decoder{file: f, env: env}
	d.file.spots[""] = spot{key: Pos{root.Line, root.Column}}
	d.value(root, reflect.ValueOf(c).Elem(), place{}, rules{})
	faults := d.faults
	if !d.halted {
		if len(c.Routes) == 0 {
			c.Routes = []Route{defaultRoute()}
		}
		v := newValidator(f, c, faults)
		v.config()
		faults = v.faults
	}
	f.Warnings = f.Warnings.Sorted()
	if len(faults) > 0 {
		return f, faults.Sorted()
	}
	f.Config = c
	return f, nil
}

// defaultRoute covers all models, for a configuration without routes.
func defaultRoute() Route {
	var r Route
	setDefaults(reflect.ValueOf(&r).Elem())
	r.Name, r.Models = "default", []string{"*"}
	return r
}

// Says reports whether the file itself has a value at path, such as `ledger.sqlite`, and it is not a default.
func (f *File) Says(path string) bool {
	_, ok := f.spots[path]
	return ok
}

// Fault is a fault at a path such as `routes[0].match` or `models.gpt-5-mini.provider`: the place of its value, or
// of the nearest thing around it that the file has.
func (f *File) Fault(path, message, suggestion string) Fault {
	out := f.faultAt(Pos{}, path, message, suggestion)
	for at := path; ; at = parent(at) {
		s, ok := f.spots[at]
		if ok && at == path {
			out.Text = s.text
		}
		if ok {
			out.Pos = s.pos()
			return out
		}
		if at == "" {
			return out
		}
	}
}

func (f *File) faultAt(p Pos, path, message, suggestion string) Fault {
	return Fault{File: f.Name, Pos: p, Path: path, Message: message, Suggestion: suggestion}
}

// pos is the value itself if it is a single one, else the key in front of it.
func (s spot) pos() Pos {
	if s.scalar || s.key == (Pos{}) {
		return s.value
	}
	return s.key
}

func parent(path string) string {
	return path[:max(0, strings.LastIndexAny(path, ".["))]
}

// record keeps the position of a path. key is nil for elements of a list.
func (f *File) record(at place, key, value *yaml.Node) {
	for value.Kind == yaml.AliasNode && value.Alias != nil {
		value = value.Alias
	}
	s := spot{value: Pos{value.Line, value.Column}, scalar: value.Kind == yaml.ScalarNode}
	if key != nil {
		s.key = Pos{key.Line, key.Column}
	}
	if s.scalar && !at.private {
		s.text = shown(value.Value)
	}
	f.spots[at.path] = s
}
