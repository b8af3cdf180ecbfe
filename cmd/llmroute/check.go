package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/llmroute/llmroute/envoy/lint"
	"github.com/llmroute/llmroute/internal/config"
)

// checkCmd validates the configuration, and an Envoy beside it.
type checkCmd struct {
	Addresses bool   `help:"Print where Envoy, llmroute's admin server and Envoy's admin server listen, for scripts."`
	Envoy     string `placeholder:"FILE" xor:"envoy" help:"Look at this configuration of an Envoy, too: its bootstrap, YAML or JSON. Faults go to stdout, one a line."`
	Admin     string `placeholder:"URL" xor:"envoy" help:"Look at the Envoy that runs, by its admin server: http://127.0.0.1:9901, or unix:/path."`
	LLMRoute  string `name:"llmroute" placeholder:"ADDR" help:"With --envoy and --admin: where Envoy reaches llmroute's gRPC, if it is not listen.grpc."`
}

// Run prints all faults and warnings, or that there are none.
func (c *checkCmd) Run(e *env) error {
	if c.LLMRoute != "" && c.Envoy == "" && c.Admin == "" {
		return wrongUse("--llmroute goes with --envoy FILE or --admin URL")
	}
	text, err := c.text()
	if err != nil {
		return wrongUse("--envoy: %w", err)
	}
	file, snapshot, err := load(e.Config, e.Stderr)
	if err != nil {
		return err
	}
	fmt.Fprintf(e.Stderr, "%s: ok: %d providers, %d models, %d routes, %d policies; version %s\n", e.Config,
		len(snapshot.Providers), len(snapshot.Models), len(file.Config.Routes), len(file.Config.Policies), snapshot.Version)
	if l := file.Config.Listen; c.Addresses {
		fmt.Fprintln(e.Stdout, l.Envoy, l.Admin, l.EnvoyAdmin)
	}
	if c.Envoy == "" && c.Admin == "" {
		return nil
	}
	found, err := c.lint(text, file.Config)
	if err != nil {
		return err
	}
	return c.print(e, found)
}

// text is the file that was named, if one was.
func (c *checkCmd) text() ([]byte, error) {
	if c.Envoy == "" {
		return nil, nil
	}
	return os.ReadFile(c.Envoy)
}

// lint looks at the Envoy that was named.
func (c *checkCmd) lint(text []byte, conf *config.Config) (lint.Findings, error) {
	if c.Admin != "" {
		found, err := lint.Admin(context.Background(), c.Admin, conf, c.LLMRoute)
		if errors.Is(err, lint.ErrAddress) {
			return nil, wrongUse("--admin: %w", err)
		}
		return found, err
	}
	return lint.File(c.Envoy, text, conf, c.LLMRoute)
}

// print writes findings to stdout and how many there are to stderr.
func (c *checkCmd) print(e *env, found lint.Findings) error {
	for _, f := range found {
		fmt.Fprintln(e.Stdout, f)
	}
	faults := found.Faults()
	what := c.Envoy + c.Admin
	if len(found) == 0 {
		fmt.Fprintf(e.Stderr, "%s: ok\n", what)
	} else {
		fmt.Fprintf(e.Stderr, "%s: faults: %d, warnings: %d\n", what, faults, len(found)-faults)
	}
	if faults > 0 {
		return errFaults
	}
	return nil
}
