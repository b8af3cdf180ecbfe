package serve

import (
	"time"

	"google.golang.org/grpc"

	"github.com/llmroute/llmroute/internal/usage"
)

const (
	drainLook = 20 * time.Millisecond
	// lastEntries is how long Envoy may take to tell of a request that has ended: the log's flush interval, and some.
	lastEntries = 700 * time.Millisecond
	// mostForeign is the share of records, one in so many, beyond which entries go to other replicas as well.
	mostForeign = 4
)

// drain lets requests under way finish, within bounds, and Envoy tell what they used. Other streams, such as a health watch,
// are not waited for.
func (s *server) drain(rpc *grpc.Server) {
	close(s.draining)
	began := time.Now()
	s.awaitAnswers()
	done := make(chan struct{})
	go func() {
		rpc.GracefulStop() // no new streams from now on
		close(done)
	}()
	deadline := time.NewTimer(s.Drain - time.Since(began))
	defer deadline.Stop()
	tick := time.NewTicker(drainLook)
	defer tick.Stop()
	quiet := time.Now() // since when llmroute itself works on no request
	for ended := false; !ended; {
		select {
		case <-done:
			ended = true
		case <-deadline.C:
			s.Log.Warn("requests were still under way at the end of the drain time", "requests", s.extproc.Active(), "unrecorded", s.unrecorded())
			ended = true
		case now := <-tick.C:
			if s.extproc.Active() > 0 {
				quiet = now
			}
			ended = allTold(now.Sub(quiet), s.logs.Streams(), s.Usage.Stats())
		}
	}
	close(s.told)
	rpc.Stop()
	<-done
}

// awaitAnswers goes on serving until the requests have ended whose answers may need a new stream, for half of the drain time at most.
// Those that come meanwhile keep the stream that they have. Where there are other replicas, they take the answers.
func (s *server) awaitAnswers() {
	s.extproc.Leave()
	time.Sleep(drainLook) // what was decided before is known then
	left := s.Usage.Left()
	half := time.NewTimer(s.Drain / 2)
	defer half.Stop()
	tick := time.NewTicker(drainLook)
	defer tick.Stop()
	for alone(s.logs.Streams(), s.Usage.Stats()) && left() > 0 {
		select {
		case <-half.C:
			return
		case <-tick.C:
		}
	}
}

// alone reports whether Envoy tells of all requests here: there are no other replicas.
func alone(logs int, u usage.Stats) bool { return logs > 0 && mostForeign*u.Foreign <= u.Recorded }

// allTold reports whether nothing that is still to come would be lost: llmroute has worked on no request for that long.
// Answers that stream past llmroute are only known as requests that were decided and have no entry yet. Of several replicas
// none hears of all of its own, so none waits for them: Envoy opens its logs anew at another.
func allTold(quiet time.Duration, logs int, u usage.Stats) bool {
	switch {
	case quiet < drainLook:
		return false
	case logs == 0: // and no new one comes
		return true
	case !alone(logs, u):
		return quiet >= lastEntries
	}
	return u.UnderWay+u.Waiting == 0
}

// unrecorded is how many requests were decided, and have no record yet.
func (s *server) unrecorded() int {
	u := s.Usage.Stats()
	return u.UnderWay + u.Waiting
}
