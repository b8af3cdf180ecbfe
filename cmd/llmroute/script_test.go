package main

import (
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"llmroute": func() {
		os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
	}})
}

// TestCommands runs testdata/*.txtar: what each command prints, and how it ends.
func TestCommands(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata", Cmds: map[string]func(*testscript.TestScript, bool, []string){"seedledger": seedLedger},
	})
}
