package main

import (
	"crypto/rand"
	"os"
	"path/filepath"

	"github.com/llmroute/llmroute/internal/config"
	"github.com/llmroute/llmroute/internal/serve"
	"github.com/llmroute/llmroute/internal/store/learned"
)

// memory says where what is learned is kept. The caller calls done in the end.
func memory(configPath string, state config.State) (m serve.Memory, done func(), err error) {
	if path := state.File; path != "" {
		if !filepath.IsAbs(path) { // it starts where the configuration is
			path = filepath.Join(filepath.Dir(configPath), path)
		}
		m.File = learned.File(path)
	}
	url := state.Redis.Reveal()
	if url == "" {
		return m, func() {}, nil
	}
	store, err := learned.NewRedis(url)
	if err != nil {
		return m, nil, err
	}
	host, err := os.Hostname()
	if err != nil {
		host = "llmroute"
	}
	m.Store, m.Replica = store, host+"-"+rand.Text()[:8]
	return m, func() { _ = store.Close() }, nil
}
