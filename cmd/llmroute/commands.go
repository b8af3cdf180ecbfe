package main

// commands is the command line. Each command lives in a file of its name.
type commands struct {
	Config string `short:"c" default:"./llmroute.yaml" env:"LLMROUTE_CONFIG" placeholder:"FILE" help:"The configuration. Default: ./llmroute.yaml."`

	Serve   serveCmd   `cmd:"" help:"Serve Envoy."`
	Envoy   envoyCmd   `cmd:"" help:"Print the configuration for Envoy."`
	Check   checkCmd   `cmd:"" help:"Validate the configuration."`
	Explain explainCmd `cmd:"" help:"Say where a request would go, and why."`
	Replay  replayCmd  `cmd:"" help:"Say what another configuration would do with recorded requests."`
	Usage   usageCmd   `cmd:"" help:"Say what was used, and what it cost."`
	Models  modelsCmd  `cmd:"" help:"List the model catalog."`
	Schema  schemaCmd  `cmd:"" help:"Print the JSON Schema of llmroute.yaml."`
	Demo    demoCmd    `cmd:"" help:"Serve demo providers."`
	Version versionCmd `cmd:"" help:"Print the version."`
}
