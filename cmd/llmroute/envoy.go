package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/llmroute/llmroute/envoy"
	"github.com/llmroute/llmroute/internal/config"
)

// envoyCmd prints Envoy's configuration and writes the keys that it reads.
type envoyCmd struct {
	Secrets  string   `placeholder:"DIR" help:"Write the providers' keys into this folder, one file each (0600), for Envoy to read and follow. Default: ./secrets."`
	For      string   `enum:"standalone,existing" default:"standalone" placeholder:"KIND" help:"standalone: an Envoy that does nothing else. existing: the pieces that an Envoy of your own needs, with where each goes."`
	Merge    string   `placeholder:"FILE" type:"existingfile" help:"Print this Envoy configuration of your own with the pieces in it, and every other byte as it is. Needs --at."`
	At       []string `sep:"none" placeholder:"HOST/PATH[=ROUTE]" help:"For existing and --merge: serve requests to this virtual host under this path prefix, by this route of llmroute's or else by its rules. Repeatable."`
	Out      string   `short:"o" placeholder:"FILE" help:"Write the configuration there, in one step, and not to stdout."`
	LLMRoute string   `name:"llmroute" placeholder:"ADDR" help:"Where Envoy reaches llmroute's gRPC, host:port or unix:/path, if it is not listen.grpc."`
	Strip    []string `placeholder:"HEADER" help:"A request header that no provider may see, such as one that your ingress adds. Repeatable. Credentials and identity headers never reach them anyway."`
	CAFile   string   `name:"ca-file" placeholder:"FILE" help:"PEM certificates that Envoy trusts, if it is not the system's file."`
}

// defaultSecrets is where keys go that no folder was named for.
const defaultSecrets = "secrets"

// Run writes YAML. No key is in it.
func (cmd *envoyCmd) Run(e *env) error {
	file, _, err := load(e.Config, e.Stderr)
	if err != nil {
		return err
	}
	creds, err := envoy.Credentials(file.Config)
	if err != nil {
		return err
	}
	if len(creds) > 0 && cmd.Secrets == "" { // a key must not stand in the configuration itself
		cmd.Secrets = defaultSecrets
	}
	options, err := cmd.options(e)
	if err != nil {
		return err
	}
	text, err := cmd.text(file.Config, options)
	if err != nil {
		return err
	}
	if err := envoy.WriteSecrets(options.SecretsDir, creds); err != nil {
		return err
	}
	if cmd.Secrets == defaultSecrets {
		fmt.Fprintf(e.Stderr, "the providers' keys are in ./%s; --secrets names another folder\n", defaultSecrets)
	}
	if cmd.Out != "" {
		return replaceFile(cmd.Out, text)
	}
	_, err = e.Stdout.Write(text)
	return err
}

// replaceFile writes a file that others may be reading.
func replaceFile(path string, text []byte) error {
	next := path + ".next"
	if err := os.WriteFile(next, text, 0o644); err != nil { //nolint:gosec // no secret is in it, and Envoy may be another user
		return err
	}
	return os.Rename(next, path)
}

func (cmd *envoyCmd) options(e *env) (envoy.Options, error) {
	options := envoy.Options{LLMRoute: cmd.LLMRoute, Strip: cmd.Strip}
	var err error
	if options.SecretsDir, err = absolute(cmd.Secrets); err != nil {
		return options, err
	}
	if options.CAFile, err = absolute(cmd.CAFile); err != nil {
		return options, err
	}
	base, err := absolute(e.Config)
	options.BaseDir = filepath.Dir(base)
	return options, err
}

// anywhere is a place for pieces that are put into place by hand.
const anywhere = "*/v1/"

// text is what goes to stdout.
func (cmd *envoyCmd) text(c *config.Config, o envoy.Options) ([]byte, error) {
	if cmd.For == "standalone" && cmd.Merge == "" {
		if len(cmd.At) > 0 {
			return nil, wrongUse("--at goes with --merge FILE or --for existing")
		}
		bootstrap, err := envoy.Generate(c, o)
		if err != nil {
			return nil, err
		}
		return envoy.YAML(bootstrap)
	}
	if len(cmd.At) == 0 && cmd.Merge != "" {
		return nil, wrongUse("--merge needs to know where llmroute is to serve: --at HOST/PATH, such as --at www.example.com/v1/chat")
	}
	if len(cmd.At) == 0 {
		cmd.At = []string{anywhere}
	}
	places := make([]envoy.At, len(cmd.At))
	for i, s := range cmd.At {
		var err error
		if places[i], err = envoy.ParseAt(s); err != nil {
			return nil, wrongUse("--at: %w", err)
		}
	}
	attachment, err := envoy.Attach(c, o, places)
	if err != nil {
		return nil, err
	}
	if cmd.Merge == "" {
		return attachment.Pieces()
	}
	ingress, err := os.ReadFile(cmd.Merge)
	if err != nil {
		return nil, err
	}
	merged, err := attachment.Merge(ingress)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", cmd.Merge, err)
	}
	return merged, nil
}

// absolute makes a path absolute, since Envoy may start in another folder. Empty stays empty.
func absolute(path string) (string, error) {
	if path == "" {
		return "", nil
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", errors.Join(fmt.Errorf("%s has no absolute path", path), err)
	}
	return abs, nil
}
