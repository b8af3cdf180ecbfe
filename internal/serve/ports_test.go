package serve

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"

	"github.com/llmroute/llmroute/extproc"
	"github.com/llmroute/llmroute/policy/learn"
)

// page is what the admin server answers, and its status.
func page(t *testing.T, p *Ports, path string) string {
	t.Helper()
	client := &http.Client{Timeout: 10 * time.Second}
	defer client.CloseIdleConnections()
	resp, err := client.Get("http://" + p.admin.Addr().String() + path)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%d %s", resp.StatusCode, strings.TrimSpace(string(text)))
}

func TestWhileTheRestIsOpenedItLivesIsNotReadyAndWhatComesWaits(t *testing.T) {
	p, err := Bind("127.0.0.1:0", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{"/healthz": "200 ok", "/readyz": "503 starting", "/metrics": "503 starting"} {
		if got := page(t, p, path); got != want {
			t.Errorf("before, %s is %q", path, got)
		}
	}
	conn, err := grpc.NewClient(p.grpc.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	asked := make(chan error, 1)
	go func() {
		_, err := healthv1.NewHealthClient(conn).Check(t.Context(), &healthv1.HealthCheckRequest{})
		asked <- err
	}()

	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	opened, ready, ended := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		ended <- Run(ctx, Options{
			Ports: p, Seen: learn.New(time.Now), Log: slog.New(slog.DiscardHandler), Drain: time.Second, Ready: func(net.Addr, net.Addr) { close(ready) },
			Load: func() (*extproc.Snapshot, error) {
				<-opened
				return extproc.NewSnapshot(extproc.Snapshot{}), nil
			},
		})
	}()
	if got := page(t, p, "/readyz"); got != "503 starting" {
		t.Errorf("while it loads, /readyz is %q", got)
	}
	select {
	case err := <-asked:
		t.Errorf("it answered before it was open: %v", err)
	default:
	}
	close(opened)
	<-ready
	if got := page(t, p, "/readyz"); got != "200 ready" {
		t.Errorf("in the end, /readyz is %q", got)
	}
	if err := <-asked; err != nil {
		t.Errorf("what waited was refused: %v", err)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestAnAddressThatIsTakenIsNamedAndTheOtherGivenBack(t *testing.T) {
	for name, address := range map[string]func() string{
		"tcp":         func() string { return "127.0.0.1:0" },
		"unix socket": func() string { return "unix:" + filepath.Join(t.TempDir(), "s") },
	} {
		t.Run(name, func(t *testing.T) {
			first, err := listen(address())
			if err != nil {
				t.Fatal(err)
			}
			defer first.Close()
			taken, other := first.Addr().String(), "127.0.0.1:0"
			if name != "tcp" {
				taken, other = "unix:"+taken, address()
			}
			if _, err := Bind(taken, other); err == nil || !strings.HasPrefix(err.Error(), "listen.grpc: ") {
				t.Errorf("got %v", err)
			}
			free, err := listen(other)
			if err != nil {
				t.Fatal(err)
			}
			if name == "tcp" {
				other = free.Addr().String()
			}
			free.Close()
			if _, err := Bind(other, taken); err == nil || !strings.HasPrefix(err.Error(), "listen.admin: ") {
				t.Errorf("got %v", err)
			}
			if again, err := listen(other); err != nil {
				t.Errorf("it was not given back: %v", err)
			} else {
				again.Close()
			}
		})
	}
}
