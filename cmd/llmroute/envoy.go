package main

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/llmroute/llmroute/envoy"
)

// envoyCmd prints Envoy's configuration and writes the keys that it reads.
type envoyCmd struct {
	Secrets  string `placeholder:"DIR" help:"Write the providers' keys into this folder, one file each (0600), for Envoy to read and follow. Needed if a provider has a key."`
	For      string `enum:"standalone" default:"standalone" placeholder:"KIND" help:"What the configuration is for: standalone, an Envoy that does nothing else."`
	LLMRoute string `name:"llmroute" placeholder:"ADDR" help:"Where Envoy reaches llmroute's gRPC, host:port or unix:/path, if it is not listen.grpc."`
	CAFile   string `name:"ca-file" placeholder:"FILE" help:"PEM certificates that Envoy trusts, if it is not the system's file."`
}

// Run writes YAML to stdout. No key is in it.
func (cmd *envoyCmd) Run(e *env) error {
	file, _, err := load(e.Config, e.Stderr)
	if err != nil {
		return err
	}
	creds, err := envoy.Credentials(file.Config)
	if err != nil {
		return err
	}
	if len(creds) > 0 && cmd.Secrets == "" {
		return fmt.Errorf("provider %s has a key, which must not stand in Envoy's configuration; "+
			"name a folder for secret files with --secrets DIR", creds[0].Provider)
	}
	options := envoy.Options{LLMRoute: cmd.LLMRoute}
	if options.SecretsDir, err = absolute(cmd.Secrets); err != nil {
		return err
	}
	if options.CAFile, err = absolute(cmd.CAFile); err != nil {
		return err
	}
	base, err := absolute(e.Config)
	if err != nil {
		return err
	}
	options.BaseDir = filepath.Dir(base)
	bootstrap, err := envoy.Generate(file.Config, options)
	if err != nil {
		return err
	}
	text, err := envoy.YAML(bootstrap)
	if err != nil {
		return err
	}
	if err := envoy.WriteSecrets(options.SecretsDir, creds); err != nil {
		return err
	}
	_, err = e.Stdout.Write(text)
	return err
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
