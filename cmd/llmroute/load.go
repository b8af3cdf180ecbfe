package main

import (
	"fmt"
	"io"

	"github.com/llmroute/llmroute/internal/compile"
	"github.com/llmroute/llmroute/internal/config"
)

// load reads and compiles a configuration. Warnings go to w, and faults too, where there are any.
func load(path string, w io.Writer) (*config.File, *compile.Snapshot, error) {
	file, faults := config.LoadFile(path)
	if len(faults) > 0 {
		report(w, file.Warnings, "warning: ")
		report(w, faults, "")
		return nil, nil, errFaults
	}
	snapshot, faults := compile.Compile(file, nil)
	report(w, file.Warnings, "warning: ")
	if len(faults) > 0 {
		report(w, faults, "")
		return nil, nil, errFaults
	}
	return file, snapshot, nil
}

func report(w io.Writer, faults config.Faults, prefix string) {
	for _, f := range faults {
		fmt.Fprintf(w, "%s%s\n", prefix, f.Error())
	}
}
