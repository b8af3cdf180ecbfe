package main

import "fmt"

// checkCmd validates the configuration.
type checkCmd struct {
	Addresses bool `help:"Print where Envoy, llmroute's admin server and Envoy's admin server listen, for scripts."`
}

// Run prints all faults and warnings, or that there are none.
func (c *checkCmd) Run(e *env) error {
	file, snapshot, err := load(e.Config, e.Stderr)
	if err != nil {
		return err
	}
	fmt.Fprintf(e.Stderr, "%s: ok: %d providers, %d models, %d routes, %d policies; version %s\n", e.Config,
		len(snapshot.Providers), len(snapshot.Models), len(file.Config.Routes), len(file.Config.Policies), snapshot.Version)
	if l := file.Config.Listen; c.Addresses {
		fmt.Fprintln(e.Stdout, l.Envoy, l.Admin, l.EnvoyAdmin)
	}
	return nil
}
