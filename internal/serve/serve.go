package serve

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"runtime"
	"sync"
	"time"

	alsv3 "github.com/envoyproxy/go-control-plane/envoy/service/accesslog/v3"
	extprocv3 "github.com/envoyproxy/go-control-plane/envoy/service/ext_proc/v3"
	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"

	"github.com/llmroute/llmroute/envoy/accesslog"
	"github.com/llmroute/llmroute/extproc"
	"github.com/llmroute/llmroute/internal/admin"
	"github.com/llmroute/llmroute/internal/status"
	budgetstore "github.com/llmroute/llmroute/internal/store/budget"
	"github.com/llmroute/llmroute/internal/telemetry"
	"github.com/llmroute/llmroute/internal/tuning"
	"github.com/llmroute/llmroute/internal/usage"
	"github.com/llmroute/llmroute/policy/learn"
)

// Options are what Run needs. All are required.
type Options struct {
	Ports *Ports // that Run closes
	// Load reads and compiles the configuration. On error the one before it keeps serving.
	Load func() (*extproc.Snapshot, error)
	// Changed sends when the configuration may have changed.
	Changed <-chan struct{}
	// Telemetry says where metrics and traces go, besides /metrics.
	Telemetry telemetry.Options
	// Ledger is for metrics; nil: there is none.
	Ledger func() telemetry.LedgerState
	// Access says who may see the status page.
	Access admin.Access
	// Budgets are for the status page and metrics; nil: there are none.
	Budgets *budgetstore.Keeper
	// Recording is for metrics; nil: nothing is recorded.
	Recording func() telemetry.RecordingState
	// Seen takes in what Envoy's access log tells of providers; what Load compiles should read from it.
	Seen *learn.State
	// Memory is where Seen is kept beyond this process.
	Memory Memory
	// Usage makes records of what requests used, and is closed when Run returns; nil: Run makes one of its own.
	Usage *usage.Meter
	// Record is told of every request too, for recordings; nil: nobody is.
	Record func(*extproc.Outcome)
	Log    *slog.Logger
	// Grace is how long llmroute goes on serving after it is told to stop, so that load balancers see it leave.
	Grace time.Duration
	// Drain is how long requests under way may take after that.
	Drain time.Duration
	// Ready is told the addresses once both servers listen.
	Ready func(grpc, admin net.Addr)
}

// Run serves until ctx ends, then drains. It fails if the first load does.
func Run(ctx context.Context, o Options) error {
	defer o.Ports.Close()
	metrics, err := telemetry.New(o.Telemetry)
	if err != nil {
		return err
	}
	s := &server{Options: o, metrics: metrics, board: status.New(time.Now), health: health.NewServer(), draining: make(chan struct{}), told: make(chan struct{})}
	s.logs = accesslog.NewService(s.entry, s.told)
	defer s.pushLast()
	if s.Usage == nil {
		s.Usage = usage.NewMeter(usage.Options{})
	}
	s.Usage.Tell(s.board.Finished)
	s.Usage.Tell(s.metrics.Finished)
	defer s.Usage.Close()
	s.learner = newLearner(o.Seen)
	o.Memory.recall(o.Seen, o.Log)
	s.extproc = extproc.NewServer(s.observe)
	s.metrics.Watch(s.gauges())
	first, err := o.Load()
	if err != nil {
		return err
	}
	s.use(first)
	return s.run(ctx)
}

type server struct {
	Options
	metrics  *telemetry.Telemetry
	learner  *learner
	board    *status.Board
	health   *health.Server
	extproc  *extproc.Server
	logs     *accesslog.Service
	draining chan struct{} // closed once requests are no longer accepted
	told     chan struct{} // closed once Envoy has told of all that ended, or there is no time left
}

func (s *server) run(ctx context.Context) error {
	headroom := tuning.Headroom()
	defer runtime.KeepAlive(headroom)
	rpc := s.grpcServer()
	pages := admin.Handler(admin.Options{
		Requests: s.extproc, Metrics: s.metrics.Handler(), Ready: s.ready, Status: s.view, Access: s.Access, Done: s.draining,
	})
	failed := make(chan error, 1)
	var group sync.WaitGroup
	group.Go(func() { failed <- rpc.Serve(s.Ports.grpc) })
	reloading, stopReloading := context.WithCancel(ctx)
	group.Go(func() { s.reload(reloading) })
	keeping, stopKeeping := context.WithCancel(context.WithoutCancel(ctx)) // until the last request has been learned from
	defer stopKeeping()
	group.Go(func() { s.Memory.keep(keeping, s.Seen, s.learner.flights.sweep, s.Log) })
	s.health.SetServingStatus("", healthv1.HealthCheckResponse_SERVING)
	s.Ports.serving.Store(&pages)
	grpcAddr, adminAddr := s.Ports.grpc.Addr(), s.Ports.admin.Addr()
	s.Log.Info("serving", "grpc", grpcAddr.String(), "admin", adminAddr.String(), "config", s.extproc.Snapshot().Version)
	s.Ready(grpcAddr, adminAddr)

	var err error
	select {
	case err = <-failed:
	case err = <-s.Ports.failed:
	case <-ctx.Done():
		s.Log.Info("stopping", "grace", s.Grace, "drain", s.Drain)
		s.health.Shutdown() // not serving, before anything else changes
		time.Sleep(s.Grace)
	}
	stopReloading()
	s.drain(rpc)
	stopKeeping()
	s.Ports.Close()
	group.Wait()
	if errors.Is(err, grpc.ErrServerStopped) || errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	return err
}

// observe counts and logs what became of a request. Faults of llmroute's own are errors; the rest is for debugging.
func (s *server) observe(o *extproc.Outcome) {
	if o.Elsewhere != "" {
		s.learner.excuse(o)
		return
	}
	s.metrics.Outcome(o)
	s.learner.outcome(o)
	s.Usage.Decided(o)
	s.board.Decided(o)
	if s.Record != nil {
		s.Record(o)
	}
	switch {
	case o.Err != nil && o.Err.Cause != nil:
		s.Log.Error("request failed", "request_id", o.RequestID, "stage", o.Stage, "op", o.Op, "code", o.Err.Code, "error", o.Err.Cause.Error())
	case !s.Log.Enabled(context.Background(), slog.LevelDebug):
	case o.Err != nil:
		s.Log.Debug("refused", "request_id", o.RequestID, "stage", o.Stage, "op", o.Op, "code", o.Err.Code, "message", o.Err.Message)
	case o.Decision != nil:
		s.Log.Debug("routed", "request_id", o.RequestID, "op", o.Op, "route", o.Decision.Route, "model", o.Decision.Plan[0].Model,
			"provider", o.Decision.Plan[0].Provider, "entries", len(o.Decision.Plan), "reason", o.Decision.Reason, "took", o.Took)
	}
}

// messageBytes is more than any body that the configuration allows; on a retry Envoy sends it in one message.
const messageBytes = 512 << 20

func (s *server) grpcServer() *grpc.Server {
	rpc := grpc.NewServer(tuning.ServerOptions(messageBytes)...)
	extprocv3.RegisterExternalProcessorServer(rpc, s.extproc)
	alsv3.RegisterAccessLogServiceServer(rpc, s.logs)
	healthv1.RegisterHealthServer(rpc, s.health)
	return rpc
}

// entry counts an entry of the access log and learns from it.
func (s *server) entry(e *accesslog.Entry) {
	if e.UnderWay { // a request's or an attempt's end is told of once more
		s.learner.entry(e)
		return
	}
	s.Usage.Entry(e)
	if e.Kind == accesslog.KindDoor { // its request has an entry of its own
		return
	}
	if e.Attempt {
		s.metrics.Attempt(e.Provider, e.Status)
	}
	s.learner.entry(e)
}

// ready reports whether new requests are welcome.
func (s *server) ready(ctx context.Context) bool {
	r, err := s.health.Check(ctx, &healthv1.HealthCheckRequest{})
	return err == nil && r.GetStatus() == healthv1.HealthCheckResponse_SERVING
}

// reload loads the configuration whenever it may have changed.
func (s *server) reload(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.Changed:
		}
		next, err := s.Load()
		if err != nil {
			s.metrics.Reloaded(false, "", time.Now())
			s.board.Refused(err)
			s.Log.Error("configuration refused; the one before it keeps serving", "serving", s.extproc.Snapshot().Version, "error", err.Error())
			continue
		}
		if next.Version == s.extproc.Snapshot().Version {
			s.metrics.Reloaded(true, next.Version, time.Now()) // a refused file was put right
			s.board.Loaded(next.Version)
			s.Log.Info("configuration read again; it is the one that serves", "config", next.Version)
			continue
		}
		s.use(next)
		s.Log.Info("configuration loaded", "config", next.Version)
	}
}

func (s *server) use(next *extproc.Snapshot) {
	s.extproc.Use(next)
	s.metrics.Reloaded(true, next.Version, time.Now())
	s.board.Loaded(next.Version)
}
