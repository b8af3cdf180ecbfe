package envoytest

import (
	"context"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Admin returns the body of a page of Envoy's admin server, such as "/clusters" or "/config_dump".
func (e *Envoy) Admin(path string) string {
	e.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	status, body, err := e.get(ctx, path)
	if err != nil || status != http.StatusOK {
		e.t.Fatalf("envoytest: admin %s: status %d, %v", path, status, err)
	}
	return body
}

// Stat is the value of one counter or gauge, 0 if Envoy has none of that name yet.
func (e *Envoy) Stat(name string) int {
	e.t.Helper()
	for line := range strings.Lines(e.Admin("/stats?usedonly")) {
		value, ok := strings.CutPrefix(line, name+": ")
		if !ok {
			continue
		}
		n, err := strconv.Atoi(strings.TrimSpace(value))
		if err != nil {
			e.t.Fatalf("envoytest: stat %s is %q", name, value)
		}
		return n
	}
	return 0
}

func (e *Envoy) get(ctx context.Context, path string) (status int, body string, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+e.admin+path, nil)
	if err != nil {
		return 0, "", err
	}
	req.Close = true // leaves no idle connection, and so no goroutine, behind
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(b), err
}
