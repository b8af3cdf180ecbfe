package extproc

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	extprocv3 "github.com/envoyproxy/go-control-plane/envoy/service/ext_proc/v3"
	"google.golang.org/grpc/codes"
	grpcmd "google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/llmroute/llmroute/extproc/schema"
	"github.com/llmroute/llmroute/policy"
)

// The gRPC metadata by which Envoy's configuration tells the stages apart.
const (
	stageKey    = "x-llmroute-stage"
	providerKey = "x-llmroute-provider"
	answersKey  = "x-llmroute-answers" // of the route stage: there is an answer stage, too
	stageRoute  = "route"
	stageAdapt  = "adapt"
	stageAnswer = "answer"
)

// Outcome is what a stage made of a request.
type Outcome struct {
	Stage     string
	RequestID string // Envoy's x-request-id
	ID        string // of the request, by llmroute: the same in route, in adapt and in the access log
	Op        schema.Op
	Decision  *policy.Decision // nil before a decision, and in adapt
	Err       *schema.Error    // nil if the request went on
	// TraceParent is the client's traceparent header; empty: it sent none.
	TraceParent string
	Took        time.Duration // of llmroute's own work, without waiting for the body
	Attempt     int           // in adapt: the place of this attempt in the plan, from 0; those before it have failed
	// Elsewhere: the attempt's provider has refused the request for what it is, and Envoy tries the next entry. That says nothing
	// against the provider. Such an Outcome comes besides the one of the attempt. Empty: it is not of this kind.
	Elsewhere string

	Features *policy.Features // of the request, in route, once it was read; nil before. Only valid during the callback
	Refusal  *policy.Error    // why policy made no plan; nil: it made one, or was not asked

	stream *stream // for Request; nil: none
}

// Server is the ext_proc service. Use gives it a snapshot; until then it refuses requests.
type Server struct {
	extprocv3.UnimplementedExternalProcessorServer

	snapshot atomic.Pointer[Snapshot]
	earlier  atomic.Pointer[[]*Snapshot] // those before it, the newest first, for answers to requests that they have seen
	active   atomic.Int64
	leaving  atomic.Bool
	observe  func(*Outcome)
	random   *rand.Rand
	scratch  sync.Pool // of *scratch
}

var _ extprocv3.ExternalProcessorServer = (*Server)(nil)

// NewServer returns a server without a snapshot. observe is told of every request, on the request's own goroutine,
// and must be quick and safe for concurrent use.
func NewServer(observe func(*Outcome)) *Server {
	return &Server{observe: observe, random: rand.New(sharedSource{})}
}

// Use makes snapshot what requests see from now on. Those under way keep the one that they began with.
func (s *Server) Use(snapshot *Snapshot) {
	if before := s.snapshot.Load(); before != nil {
		snapshot.Router.Inherit(before.Router)
		kept := []*Snapshot{before}
		if earlier := s.earlier.Load(); earlier != nil {
			kept = append(kept, (*earlier)[:min(len(*earlier), maxEarlier-1)]...)
		}
		s.earlier.Store(&kept)
	}
	s.snapshot.Store(snapshot)
}

// maxEarlier is how many snapshots are kept behind the one in use. A request may wait minutes for its answer; reloads in between
// are few.
const maxEarlier = 4

// find is the snapshot of a version, if this process has it still; else fallback.
func (s *Server) find(version string, fallback *Snapshot) *Snapshot {
	if earlier := s.earlier.Load(); earlier != nil && fallback.Version != version {
		for _, one := range *earlier {
			if one.Version == version {
				return one
			}
		}
	}
	return fallback
}

// Snapshot is what new requests see now; nil before the first Use.
func (s *Server) Snapshot() *Snapshot { return s.snapshot.Load() }

// Active is the number of streams that are open now: requests whose body is awaited, and answers being translated.
func (s *Server) Active() int { return int(s.active.Load()) }

// Leave makes sure that the answers to requests which come from now on need no stream of their own, so that they can be had by
// waiting for streams: such a request goes through the adapting door, which keeps one open.
func (s *Server) Leave() { s.leaving.Store(true) }

// state takes one message and names the state for the next one; nil ends the stream.
type state func(*stream, message) (state, error)

// Process implements Envoy's ExternalProcessor service.
func (s *Server) Process(srv extprocv3.ExternalProcessor_ProcessServer) error {
	snapshot := s.snapshot.Load()
	if snapshot == nil {
		return status.Error(codes.Unavailable, "no configuration yet")
	}
	s.active.Add(1)
	defer s.active.Add(-1)
	st := &stream{server: s, snapshot: snapshot, conn: conn{srv}, client: fallbackClient}
	defer st.close()
	next, err := st.first(srv.Context())
	if err != nil {
		return err
	}
	for next != nil {
		msg, err := st.conn.recv()
		if err != nil {
			return hangup(err)
		}
		if next, err = next(st, msg); err != nil {
			if srv.Context().Err() != nil { // nobody is there to be told
				return nil
			}
			return st.refuse(err)
		}
	}
	return nil
}

// stream is one request at one stage. Nothing in it is shared with other streams.
type stream struct {
	server   *Server
	snapshot *Snapshot
	conn     conn
	stage    string

	client  schema.Client // whose schema errors are written in
	target  schema.Target
	allow   string  // the method that the path takes, once another was used
	head    headers // of the request
	asked   string  // its :path
	path    string  // of that, the part before the question mark
	query   string  // the part behind it, without credentials
	route   string  // as Envoy's route metadata names it
	body    []byte  // of the request, as far as it came
	id      string  // of the request, unique
	answers bool    // what route translates, the answer stage translates back
	caller  caller
	bill    *bill // what budgets make of the request; nil: none counts it

	features *policy.Features // once the request was read

	metadata, attributes []byte    // of the request, from other filters of Envoy's: see message
	now                  time.Time // when the request came; zero: now

	adapt adaptation // for the adapt stage
}

// first names the first state, by the stage.
func (st *stream) first(ctx context.Context) (state, error) {
	st.stage = metadataValue(ctx, stageKey)
	switch st.stage {
	case stageRoute:
		st.answers = metadataValue(ctx, answersKey) != ""
		return routeHeaders, nil
	case stageAnswer:
		return recall, nil
	case stageAdapt:
		name := metadataValue(ctx, providerKey)
		st.adapt.provider = st.snapshot.Providers[name]
		if st.adapt.provider == nil {
			return nil, status.Errorf(codes.FailedPrecondition, "no provider %q in the configuration; generate Envoy's anew", name)
		}
		return adaptHeaders, nil
	}
	return nil, status.Errorf(codes.InvalidArgument, "gRPC metadata %s must be %s, %s or %s", stageKey, stageRoute, stageAdapt, stageAnswer)
}

// setPath takes :path apart and returns it without its query. A key in the query, as Gemini's clients send it, is the
// client's credential: it is left out here, so that nothing behind can hand it on or log it.
func (st *stream) setPath(full string) string {
	var query string
	st.asked = full
	st.path, query, _ = strings.Cut(full, "?")
	st.query = withoutCredentials(query)
	return st.path
}

// close frees what the stream holds.
func (st *stream) close() { st.adapt.answer.inflate.close() }

func metadataValue(ctx context.Context, key string) string {
	if values := grpcmd.ValueFromIncomingContext(ctx, key); len(values) > 0 {
		return values[0]
	}
	return ""
}

// hangup is the end of a stream from Envoy's side: the request is over, or its client has left.
func hangup(err error) error {
	if errors.Is(err, io.EOF) || status.Code(err) == codes.Canceled {
		return nil
	}
	return err
}

// take appends a piece of the request's body. The first piece is not copied: Envoy sends most bodies as one, and
// then, as a message without any bytes, their end.
func (st *stream) take(piece []byte) error {
	have := len(st.body)
	if int64(have)+int64(len(piece)) > st.snapshot.MaxBodyBytes {
		return tooLarge(st.snapshot.MaxBodyBytes)
	}
	switch {
	case len(piece) == 0:
	case have == 0:
		st.body = piece
	default:
		st.body = append(slices.Grow(st.body, room(st.head, have, len(piece))), piece...)
	}
	return nil
}

// sharedSource is the runtime's own generator: no lock, no state of ours.
type sharedSource struct{}

func (sharedSource) Uint64() uint64 { return rand.Uint64() }
