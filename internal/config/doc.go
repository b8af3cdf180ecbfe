// Package config reads llmroute.yaml: strictly, with every default filled in, and with every fault at its place.
//
//	bytes ─parse─▶ YAML nodes ─decode─▶ Config ─validate─▶ File, or Faults
//	                  │           └ variables are expanded here, value by value
//	                  └ the position of every path, kept for the stages that compile what was read
//
// What is wrong in a file is a [Fault] with file, line, column, path and remedy, and all of them are reported at
// once. The types in config.go are the single source of the JSON Schema and of docs/configuration.md too: keys,
// defaults and bounds come from their tags, meanings from their comments.
//
// The package knows nothing of what a configuration is used for: expressions are compiled elsewhere.
package config
