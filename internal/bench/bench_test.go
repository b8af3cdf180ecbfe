package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net"
	"strings"
	"testing"
	"time"

	bootstrapv3 "github.com/envoyproxy/go-control-plane/envoy/config/bootstrap/v3"

	"github.com/llmroute/llmroute/envoy"
	"github.com/llmroute/llmroute/internal/compile"
	"github.com/llmroute/llmroute/internal/config"
)

func TestEveryScenarioHasItsOwnNameAndARequestOfItsSize(t *testing.T) {
	seen := map[string]bool{}
	for _, sc := range scenarios() {
		if seen[sc.name] {
			t.Errorf("%s is there twice", sc.name)
		}
		seen[sc.name] = true
		head, body, _ := bytes.Cut(sc.request(sc.provider), []byte("\r\n\r\n"))
		if !json.Valid(body) || math.Abs(float64(len(body)-sc.bytes)) > 200 {
			t.Errorf("%s: a body of %d bytes, want %d; JSON: %t", sc.name, len(body), sc.bytes, json.Valid(body))
		}
		if !bytes.Contains(head, fmt.Appendf(nil, "content-length: %d", len(body))) {
			t.Errorf("%s: the length is not announced:\n%s", sc.name, head)
		}
	}
}

func TestTheConfigurationIsOfTheSizeThatIsPromised(t *testing.T) {
	providers := map[string]string{}
	for i, p := range farEnds {
		providers[p.name] = fmt.Sprintf("127.0.0.1:%d", 20000+i)
	}
	a := addresses{grpc: "127.0.0.1:20010", admin: "127.0.0.1:20011", envoy: "127.0.0.1:20012", envoyAdmin: "127.0.0.1:20013", providers: providers}
	path, c, err := writeConfig(t.TempDir(), a)
	if err != nil {
		t.Fatal(err)
	}
	if m, r, p := len(c.Models), len(c.Routes), len(c.Policies); m != 20 || r != 10 || p != 3 {
		t.Errorf("%d models, %d routes, %d policies; want 20, 10, 3", m, r, p)
	}
	file, faults := config.LoadFile(path)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	if _, faults := compile.Compile(file, nil); len(faults) > 0 {
		t.Fatal(faults)
	}
}

func TestEnvoyAloneHasNothingOfLLMRoute(t *testing.T) {
	providers := map[string]string{}
	for i, p := range farEnds {
		providers[p.name] = fmt.Sprintf("127.0.0.1:%d", 20000+i)
	}
	dir := t.TempDir()
	_, c, err := writeConfig(dir, addresses{grpc: "127.0.0.1:1", admin: "127.0.0.1:2", envoy: "127.0.0.1:3", envoyAdmin: "127.0.0.1:4", providers: providers})
	if err != nil {
		t.Fatal(err)
	}
	b, err := envoy.Generate(c, envoy.Options{SecretsDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if err := leaveAlone(b); err != nil {
		t.Fatal(err)
	}
	text, err := envoy.YAML(&bootstrapv3.Bootstrap{StaticResources: &bootstrapv3.Bootstrap_StaticResources{Listeners: b.GetStaticResources().GetListeners()}})
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"ext_proc", "ai_protocol_manager", "access_log", "priority_group", "upstream_log"} {
		if bytes.Contains(text, []byte(word)) {
			t.Errorf("%s is still in it:\n%s", word, text)
		}
	}
	if n := bytes.Count(text, []byte(providerHeader)); n != len(farEnds) {
		t.Errorf("%d routes, want one for each of %d providers", n, len(farEnds))
	}
}

func TestTheClientReadsBothFramingsAndTheStamps(t *testing.T) {
	sent := time.Now()
	chunk := fmt.Sprintf(`data: {"content":"%d"}`, sent.UnixNano()) + "\n\n"
	server := strings.NewReader("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello" +
		fmt.Sprintf("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", len(chunk), chunk) +
		"HTTP/1.1 503 No\r\ncontent-length: 0\r\n\r\n")
	c := dialTo(t, server)
	c.keep = new(bytes.Buffer)
	if _, err := c.do([]byte("x"), nil); err != nil || c.keep.String() != "hello" {
		t.Fatalf("%q, %v", c.keep, err)
	}
	a, err := c.do([]byte("x"), []time.Duration{})
	if err != nil || len(a.chunks) != 1 || a.chunks[0] < 0 || a.chunks[0] > time.Minute || a.first == 0 {
		t.Fatalf("%+v, %v", a, err)
	}
	if _, err := c.do([]byte("x"), nil); err == nil || !strings.Contains(err.Error(), "503") {
		t.Errorf("a refusal is taken for an answer: %v", err)
	}
}

// dialTo is a client of a server that says what is in r, whatever is asked.
func dialTo(t *testing.T, r io.Reader) *client {
	t.Helper()
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = lis.Close() })
	go func() {
		conn, err := lis.Accept()
		if err != nil {
			return
		}
		_, _ = io.Copy(conn, r)
		_, _ = io.Copy(io.Discard, conn)
		_ = conn.Close()
	}()
	c, err := dial(t.Context(), lis.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.close)
	return c
}

func TestASpreadIsTheMedianAndWhereItIsLikelyToBe(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   spread
	}{
		{nil, spread{}},
		{[]float64{7}, spread{7, 7, 7, 1}},
		{[]float64{2, 1}, spread{1.5, 1, 2, 2}},
		{[]float64{5, 1, 3, 2, 4}, spread{3, 1, 5, 5}},
		{[]float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}, spread{8.5, 5, 12, 16}},
	} {
		if got := spreadOf(c.values); got != c.want {
			t.Errorf("of %v: %+v, want %+v", c.values, got, c.want)
		}
	}
}

func TestAGoalIsMetOrMissedOnlyIfMostTurnsSaySo(t *testing.T) {
	for _, c := range []struct {
		low, median, high float64
		want              string
	}{{1, 1.05, 1.1, met}, {1.2, 1.3, 1.4, missed}, {1, 1.1, 1.3, undecided}, {1, 1.2, 1.3, undecided}} {
		if got := below(spread{Low: c.low, Median: c.median, High: c.high}, mostAdded); !strings.HasPrefix(got, c.want) {
			t.Errorf("%+v: %s, want %s", c, got, c.want)
		}
	}
}

func TestPairsAreFormedWithinTheirRound(t *testing.T) {
	at := func(p50 ...float64) (out []point) {
		for _, v := range p50 {
			out = append(out, point{P50: v})
		}
		return out
	}
	// The machine slows down threefold in the last rounds; the ratio stays 2.
	alone, floor, ours := at(1, 1, 3, 3), at(2, 2, 6, 6), at(3, 3, 9, 9)
	got := paired(func(a, f, z *point) float64 { return ratio(a.P50-z.P50, f.P50-z.P50) }, ours, floor, alone)
	if got != (spread{2, 2, 2, 4}) {
		t.Errorf("%+v", got)
	}
}
