package envoytest

import (
	"bytes"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// Binary returns the path of Envoy: $ENVOY_BIN, or the pinned one that scripts/envoy installs into the
// repository's .cache. Without either the test fails.
func Binary(t testing.TB) string {
	t.Helper()
	_, self, _, ok := runtime.Caller(0)
	if !ok {
		t.Fatal("envoytest: cannot find the repository")
	}
	script := filepath.Join(filepath.Dir(self), "..", "..", "scripts", "envoy")
	var stderr bytes.Buffer
	cmd := exec.Command(script)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("envoytest: %v: %s", err, stderr.String())
	}
	return strings.TrimSpace(string(out))
}

// Validate asks Envoy whether it would accept the configuration, and fails the test with Envoy's words if not.
func Validate(t testing.TB, bootstrapYAML []byte) {
	t.Helper()
	out, err := exec.Command(Binary(t), "--mode", "validate", "-c", writeConfig(t, bootstrapYAML), "-l", "warning").CombinedOutput()
	if err != nil {
		t.Fatalf("envoytest: Envoy refuses the configuration: %v\n%s\n%s", err, out, numbered(bootstrapYAML))
	}
}
