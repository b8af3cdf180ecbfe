package e2e

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	clusterv3 "github.com/envoyproxy/go-control-plane/envoy/config/cluster/v3"
	endpointv3 "github.com/envoyproxy/go-control-plane/envoy/config/endpoint/v3"
	"google.golang.org/protobuf/proto"

	"github.com/llmroute/llmroute/envoy"
	"github.com/llmroute/llmroute/internal/config"
	"github.com/llmroute/llmroute/internal/demo"
	"github.com/llmroute/llmroute/internal/envoytest"
	"github.com/llmroute/llmroute/internal/redistest"
	"github.com/llmroute/llmroute/internal/usage"
)

// fleet is two replicas of llmroute behind one Envoy, which takes them in turn for each stream: of a request, and of a log.
type fleet [2]*stack

// startFleet runs a fleet. Its Envoy and providers are the first one's.
func startFleet(t *testing.T, yaml string, ends ...farEnd) fleet {
	t.Helper()
	first := &stack{t: t, providers: map[string]*demo.Provider{}}
	for _, end := range ends {
		endpoint, key := first.serveEnd(end)
		yaml = strings.NewReplacer("${"+end.name+"}", endpoint, "${"+end.name+"_key}", key).Replace(yaml)
	}
	dir := t.TempDir()
	var f fleet
	var configs [2]*config.Config
	for i := range f {
		s := &stack{t: t, providers: first.providers, changed: make(chan struct{}), logs: &syncBuffer{}, records: &recorded{}, prices: usage.NewPrices()}
		s.meter = usage.NewMeter(usage.Options{Prices: s.prices, Sinks: []func(*usage.Record){s.records.add}})
		s.file = filepath.Join(dir, fmt.Sprintf("llmroute-%d.yaml", i))
		s.write(yaml + fmt.Sprintf("\nlisten: {grpc: %q, admin: %q, envoy: %q, envoy_admin: %q}\n",
			envoytest.FreeAddr(t), envoytest.FreeAddr(t), envoytest.FreeAddr(t), envoytest.FreeAddr(t)))
		file, faults := config.LoadFile(s.file)
		if len(faults) > 0 {
			t.Fatal(faults)
		}
		if err := s.keepBudgets(file.Config); err != nil {
			t.Fatal(err)
		}
		s.runServer(file.Config.Listen.GRPC, file.Config.Listen.Admin)
		f[i], configs[i] = s, file.Config
	}
	f.runEnvoy(t, configs, filepath.Join(dir, "secrets"))
	return f
}

// runEnvoy runs the first one's Envoy, with the other as a second endpoint of llmroute.
func (f fleet) runEnvoy(t *testing.T, configs [2]*config.Config, secrets string) {
	t.Helper()
	credentials, err := envoy.Credentials(configs[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := envoy.WriteSecrets(secrets, credentials); err != nil {
		t.Fatal(err)
	}
	bootstrap, err := envoy.Generate(configs[0], envoy.Options{SecretsDir: secrets})
	if err != nil {
		t.Fatal(err)
	}
	other, err := envoy.Generate(configs[1], envoy.Options{SecretsDir: secrets})
	if err != nil {
		t.Fatal(err)
	}
	both := llmrouteCluster(bootstrap.GetStaticResources().GetClusters())
	both.LbPolicy = clusterv3.Cluster_ROUND_ROBIN
	second := llmrouteCluster(other.GetStaticResources().GetClusters()).GetLoadAssignment().GetEndpoints()[0].GetLbEndpoints()[0]
	locality := both.GetLoadAssignment().GetEndpoints()[0]
	locality.LbEndpoints = append(locality.LbEndpoints, proto.Clone(second).(*endpointv3.LbEndpoint))
	text, err := envoy.YAML(bootstrap)
	if err != nil {
		t.Fatal(err)
	}
	f[0].envoy = envoytest.Start(t, text, envoytest.Concurrency(2))
	f[0].url = "http://" + configs[0].Listen.Envoy
}

func llmrouteCluster(all []*clusterv3.Cluster) *clusterv3.Cluster {
	for _, c := range all {
		if c.GetName() == envoy.ClusterLLMRoute {
			return c
		}
	}
	return nil
}

// settled waits until every request that any replica decided is recorded by one, and returns the records and how many of them
// are of requests that the other replica decided.
func (f fleet) settled(t *testing.T, within time.Duration) (records []*usage.Record, foreign int) {
	t.Helper()
	for deadline := time.Now().Add(within); ; time.Sleep(20 * time.Millisecond) {
		a, b := f[0].meter.Stats(), f[1].meter.Stats()
		if a.Decided+b.Decided == a.Recorded+b.Recorded && a.Waiting+b.Waiting == 0 {
			return append(f[0].records.list(), f[1].records.list()...), int(a.Foreign + b.Foreign)
		}
		if time.Now().After(deadline) {
			t.Fatalf("not every request is recorded: %+v, %+v", a, b)
		}
	}
}

func TestWhatOneReplicaAdmitsAndAnotherHearsTheEndOfIsSettledAtBoth(t *testing.T) {
	redis := redistest.Start(t)
	f := startFleet(t, budgetModels+fmt.Sprintf("budgets: [{name: cap, limit_usd: %v}]\nstate: {redis: %q}\n", budgetLimit, redis.URL()), alphaEnd)
	got := storm(t, 500, budgetBody, f[0])
	_, foreign := f.settled(t, 30*time.Second)
	usd, answers := f[0].charged()
	t.Logf("at once: %v; charged $%.6f of %v for %d answers; %d requests ended at another replica than decided them", got, usd, budgetLimit, answers, foreign)
	if got["200"]+got["budget_exceeded"]+got["budget_busy"] != 500 {
		t.Errorf("other answers than expected: %v", got)
	}
	if usd > budgetLimit || foreign == 0 {
		t.Errorf("$%.6f was charged by a limit of $%v, and %d of 500 requests ended elsewhere", usd, budgetLimit, foreign)
	}
	client := &http.Client{Timeout: 30 * time.Second}
	defer client.CloseIdleConnections()
	eventually(t, "both refuse, since all is spent", func() bool {
		for range 4 { // each worker of Envoy takes the replicas in turn
			if ask(client, f[0].url, budgetBody) != "budget_exceeded" {
				return false
			}
		}
		return true
	})
	f.settled(t, 30*time.Second)
	usd, _ = f[0].charged()
	if usd > budgetLimit || usd < 0.9*budgetLimit {
		t.Errorf("in the end, $%.6f was charged by a limit of $%v", usd, budgetLimit)
	}
	eventually(t, "both know what was spent, and nothing is reserved any more", func() bool {
		for _, s := range f {
			known := s.spent()
			if !known.Reserved.IsZero() || fmt.Sprintf("%.9f", known.Spent.USD.USD()) != fmt.Sprintf("%.9f", usd) {
				return false
			}
		}
		return true
	})
}
