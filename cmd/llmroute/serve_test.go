package main

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAProcessWhosePortsAreTakenLeavesTheLedgerOfTheOneThatServesAlone(t *testing.T) {
	for _, key := range []string{"grpc", "admin"} {
		t.Run(key, func(t *testing.T) {
			serving, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer serving.Close()
			listen := map[string]string{"grpc": "127.0.0.1:0", "admin": "127.0.0.1:0"}
			listen[key] = serving.Addr().String()
			file := filepath.Join(t.TempDir(), "llmroute.yaml")
			text := demoConfig + fmt.Sprintf("ledger: {sqlite: usage.db}\nlisten: {grpc: %q, admin: %q}\n", listen["grpc"], listen["admin"])
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := (&serveCmd{}).Run(&env{Config: file, Stderr: t.Output()}); err == nil || !strings.Contains(err.Error(), "listen."+key+": ") {
				t.Errorf("got %v", err)
			}
			files, err := os.ReadDir(filepath.Dir(file))
			if err != nil {
				t.Fatal(err)
			}
			if len(files) != 1 {
				t.Errorf("it has made %v", files)
			}
		})
	}
}
