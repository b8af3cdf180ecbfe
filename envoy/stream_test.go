package envoy_test

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	datav3 "github.com/envoyproxy/go-control-plane/envoy/data/accesslog/v3"

	"github.com/llmroute/llmroute/envoy"
	"github.com/llmroute/llmroute/internal/floor"
)

func TestEachChunkPassesAsItComesThroughEitherDoor(t *testing.T) {
	open := map[string]int{"a": 0, "a.adapt": 1} // streams to llmroute while tokens flow
	for door := range open {
		t.Run(door, func(t *testing.T) {
			next := make(chan struct{}) // the client has read the chunk before
			a := &farEnd{name: "a", answer: func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("content-type", "text/event-stream")
				for i := range 3 {
					fmt.Fprintf(w, "data: %d\n\n", i)
					w.(http.Flusher).Flush()
					select {
					case <-next:
					case <-r.Context().Done():
						return
					}
				}
			}}
			r := newRig(t, rigging{providers: []*farEnd{a}, plan: floor.Plan{Clusters: []string{door}, Metadata: map[string]string{"provider": "a"}}})
			resp, err := http.Post(r.url+"/v1/chat/completions", "application/json", strings.NewReader(`{"stream":true}`))
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			lines := bufio.NewScanner(resp.Body)
			for i := range 3 {
				// Were a chunk held back, this would wait for ever.
				if !lines.Scan() || lines.Text() != fmt.Sprintf("data: %d", i) || !lines.Scan() {
					t.Fatalf("chunk %d: got %q, %v", i, lines.Text(), lines.Err())
				}
				// The access logs open their streams with the first entry, when a request is over.
				if !eventually(func() bool { return r.envoy.Stat("cluster.llmroute.upstream_rq_active") == open[door] }) {
					t.Errorf("%d streams to llmroute are open while tokens flow, want %d", r.envoy.Stat("cluster.llmroute.upstream_rq_active"), open[door])
				}
				next <- struct{}{}
			}
			if lines.Scan() {
				t.Errorf("more came: %q", lines.Text())
			}
		})
	}
}

// eventually reports whether holds becomes true within 5 seconds of real time, which is what Envoy lives in.
func eventually(holds func() bool) bool {
	for deadline := time.Now().Add(5 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if holds() {
			return true
		}
	}
	return false
}

func TestAStreamOutlivesTheFirstByteTimeout(t *testing.T) {
	const firstByte = "300"
	a := &farEnd{name: "a", answer: func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("content-type", "text/event-stream")
		w.(http.Flusher).Flush()
		select {
		case <-time.After(600 * time.Millisecond): // real time is what Envoy measures
		case <-r.Context().Done():
		}
		fmt.Fprint(w, "data: late\n\n")
	}}
	r := newRig(t, rigging{providers: []*farEnd{a}, plan: floor.Plan{
		Clusters: []string{"a.adapt"}, Metadata: map[string]string{"provider": "a"},
		Headers: map[string]string{"x-envoy-upstream-rq-per-try-timeout-ms": firstByte},
	}})
	if got := r.post([]byte("{}")); got.status != 200 || got.body != "data: late\n\n" {
		t.Errorf("got %d %q", got.status, got.body)
	}
}

func TestAClientThatLeavesEndsTheProvidersStream(t *testing.T) {
	for _, door := range []string{"a", "a.adapt"} {
		t.Run(door, func(t *testing.T) {
			ended := make(chan struct{})
			a := &farEnd{name: "a", answer: func(w http.ResponseWriter, r *http.Request) {
				w.(http.Flusher).Flush()
				<-r.Context().Done()
				close(ended)
			}}
			r := newRig(t, rigging{providers: []*farEnd{a}, plan: floor.Plan{Clusters: []string{door}, Metadata: map[string]string{"provider": "a"}}})
			resp, err := http.Post(r.url+"/v1/chat/completions", "application/json", strings.NewReader(`{}`))
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			select {
			case <-ended:
			case <-time.After(5 * time.Second):
				t.Error("the provider still streams")
			}
		})
	}
}

func TestTheAccessLogBringsUsageAndEachAttempt(t *testing.T) {
	usage := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("content-type", "application/json")
		_, _ = io.WriteString(w, `{"id":"x","object":"chat.completion","model":"m","choices":[],"usage":{"prompt_tokens":11,"completion_tokens":7,"total_tokens":18}}`)
	}
	r := newRig(t, rigging{
		providers: []*farEnd{{name: "a", answer: fails(503)}, {name: "b", answer: usage}},
		plan: floor.Plan{
			Clusters: []string{"a", "b.adapt"}, Metadata: map[string]string{"model": "model-a", "provider": "a"},
			Adapt:   map[string]map[string]string{"b": {"model": "model-b"}},
			Headers: map[string]string{"x-envoy-max-retries": "1"},
		},
	})
	r.post([]byte("{}"))
	logged := r.entriesOf(envoy.LogRequests, 2)
	door, request := logged[0], logged[1] // by one stream, since the door's log has the same settings
	if got := door.GetCommonProperties().GetMetadata().GetFilterMetadata()[envoy.Namespace].GetFields()["model"].GetStringValue(); got != "model-b" {
		t.Errorf("the door's model is %q", got)
	}
	p := request.GetCommonProperties()
	if p.GetMetadata().GetTypedFilterMetadata()["envoy.ai.token_usage"] == nil {
		t.Errorf("no usage in %v", p.GetMetadata())
	}
	if got := p.GetMetadata().GetFilterMetadata()[envoy.Namespace].GetFields()["model"].GetStringValue(); got != "model-a" {
		t.Errorf("the log's model is %q", got)
	}
	if got := request.GetResponse().GetResponseHeaders()["x-llmroute-model"]; got != "model-b" {
		t.Errorf("the log's x-llmroute-model is %q", got)
	}
	attempts := r.entriesOf(envoy.LogAttempts, 2)
	for i, want := range []struct {
		cluster string
		status  uint32
	}{{"a", 503}, {"b.adapt", 200}} {
		e := attempts[i]
		if e.GetCommonProperties().GetUpstreamCluster() != want.cluster || e.GetResponse().GetResponseCode().GetValue() != want.status {
			t.Errorf("attempt %d: cluster %q, status %v", i+1, e.GetCommonProperties().GetUpstreamCluster(), e.GetResponse().GetResponseCode())
		}
	}
}

// entriesOf waits until a log has n entries.
func (r *rig) entriesOf(log string, n int) []*datav3.HTTPAccessLogEntry {
	r.t.Helper()
	timeout := time.After(5 * time.Second)
	for {
		if entries := r.entriesNow(log); len(entries) >= n {
			return entries
		}
		select {
		case <-r.logged:
		case <-timeout:
			r.t.Fatalf("the log %s has %d entries, not %d", log, len(r.entriesNow(log)), n)
		}
	}
}

func (r *rig) entriesNow(log string) []*datav3.HTTPAccessLogEntry {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.entries[log]
}
