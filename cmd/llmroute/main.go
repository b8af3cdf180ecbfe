// Command llmroute is an Envoy external processor that routes LLM requests.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/alecthomas/kong"
)

// Exit codes.
const (
	exitOK     = 0
	exitFaults = 1 // faults were found, or the command could not do its work
	exitUsage  = 2 // wrong use
)

// env is what a command may touch of the outside world.
type env struct {
	Config string
	Stdin  io.Reader
	Stdout io.Writer // data
	Stderr io.Writer // messages
}

// input is a file, or stdin where none is named.
func (e *env) input(file string) (io.ReadCloser, error) {
	if file == "" {
		return io.NopCloser(e.Stdin), nil
	}
	return os.Open(file)
}

// errFaults ends a command whose faults are already on stderr.
var errFaults = errors.New("faults found")

// useError is a wrong use of the command line that only the command itself can see.
type useError struct{ error }

func wrongUse(format string, args ...any) error { return useError{fmt.Errorf(format, args...)} }

func main() {
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

func run(args []string, stdin io.Reader, stdout, stderr io.Writer) (code int) {
	var cli commands
	exited := -1 // --help exits through kong
	parser, err := kong.New(&cli,
		kong.Name("llmroute"),
		kong.Description("Routes LLM requests inside Envoy: picks model and provider by policy, translates, falls back."),
		kong.Writers(stdout, stderr),
		kong.Exit(func(c int) { exited = c }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
	)
	if err != nil {
		fmt.Fprintln(stderr, "llmroute:", err)
		return exitUsage
	}
	ctx, err := parser.Parse(args)
	if exited >= 0 {
		return exited
	}
	if err != nil {
		fmt.Fprintf(stderr, "llmroute: %v; see llmroute --help\n", err)
		return exitUsage
	}
	err = ctx.Run(&env{Config: cli.Config, Stdin: stdin, Stdout: stdout, Stderr: stderr})
	var use useError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &use):
		fmt.Fprintf(stderr, "llmroute: %v; see llmroute %s --help\n", err, ctx.Selected().Name)
		return exitUsage
	case !errors.Is(err, errFaults):
		fmt.Fprintln(stderr, "llmroute:", err)
	}
	return exitFaults
}
