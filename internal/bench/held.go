package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	extprocv3 "github.com/envoyproxy/go-control-plane/envoy/service/ext_proc/v3"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

// held is a kind of translated stream that is held open in the middle of its answer, many at a time.
type held struct {
	name     string
	provider string
	schema   string
	model    string // the provider's name of it
	op       string
	bytes    int // of the request
	streams  int
}

// holdings is what memory is measured of. "upload" sends its requests at once and looks at the peak.
func holdings() []held {
	const chat = "chat_completions"
	return []held{
		{"held/anthropic/8KB", "gamma", "anthropic", "claude-haiku-4-5", chat, 8 * kilobyte, 1000},
		{"held/gemini/8KB", "delta", "gemini", "gemini-2.5-flash", chat, 8 * kilobyte, 1000},
		{"held/bedrock/8KB", "epsilon", "bedrock", "amazon.nova-lite-v1:0", chat, 8 * kilobyte, 1000},
		{"held/anthropic/1MB", "gamma", "anthropic", "claude-haiku-4-5", chat, megabyte, 250},
		{"held/gemini/1MB", "delta", "gemini", "gemini-2.5-flash", chat, megabyte, 250},
		{"held/bedrock/1MB", "epsilon", "bedrock", "amazon.nova-lite-v1:0", chat, megabyte, 250},
		{"held/responses-anthropic/8KB", "gamma", "anthropic", "claude-haiku-4-5", "responses", 8 * kilobyte, 1000},
		{"upload/anthropic/4x20MB", "gamma", "anthropic", "claude-haiku-4-5", chat, 20 * megabyte, 4},
		{"upload/gemini/4x20MB", "delta", "gemini", "gemini-2.5-flash", chat, 20 * megabyte, 4},
		{"upload/bedrock/4x20MB", "epsilon", "bedrock", "amazon.nova-lite-v1:0", chat, 20 * megabyte, 4},
	}
}

// holding is what one of them showed. Bytes are a stream's share, beyond the idle process.
type holding struct {
	Name    string  `json:"name"`
	Streams int     `json:"streams,omitempty"`
	Heap    float64 `json:"heap_bytes,omitempty"`     // live objects
	Stack   float64 `json:"stack_bytes,omitempty"`    // of goroutines
	Process float64 `json:"resident_bytes,omitempty"` // of the whole process, after what is free went back to the system
	// Peak is the most that the process had in memory beyond idle while large requests were translated at once, by their size.
	Peak float64 `json:"peak_to_body,omitempty"`
}

// hold measures all that only selects. Each has a process of its own.
func hold(ctx context.Context, o options, dir string, progress io.Writer) ([]holding, error) {
	var out []holding
	for _, h := range holdings() {
		if !o.only.MatchString(h.name) {
			continue
		}
		fmt.Fprintf(progress, "\r\x1b[K%s", h.name)
		got, err := h.measure(ctx, dir)
		if err != nil {
			fmt.Fprintln(progress)
			return nil, fmt.Errorf("%s: %w", h.name, err)
		}
		out = append(out, got)
	}
	fmt.Fprint(progress, "\r\x1b[K")
	return out, nil
}

func (h *held) measure(ctx context.Context, dir string) (holding, error) {
	dir = filepath.Join(dir, strings.ReplaceAll(h.name, "/", "-"))
	page, conns, stop, err := startHeld(ctx, dir)
	if stop != nil {
		defer stop()
	}
	if err != nil {
		return holding{}, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if err := h.open(ctx, conns[:1], 1, 4*kilobyte); err != nil { // what a process makes once
		return holding{}, err
	}
	idle, err := readMemory(ctx, page+"/reset")
	if err != nil {
		return holding{}, err
	}
	if err := h.open(ctx, conns, h.streams, h.bytes); err != nil {
		return holding{}, err
	}
	now, err := readMemory(ctx, page+"/")
	if err != nil {
		return holding{}, err
	}
	if h.uploads() {
		return holding{Name: h.name, Peak: (now.peak - idle.resident) / float64(h.bytes*h.streams)}, nil
	}
	n := float64(h.streams)
	return holding{
		Name: h.name, Streams: h.streams,
		Heap: (now.heap - idle.heap) / n, Stack: (now.stack - idle.stack) / n, Process: (now.resident - idle.resident) / n,
	}, nil
}

func (h *held) uploads() bool { return strings.HasPrefix(h.name, "upload/") }

// open opens streams, which stay in the middle of their answers until ctx ends.
func (h *held) open(ctx context.Context, conns []extprocv3.ExternalProcessorClient, streams, bytes int) error {
	s := scenario{model: "auto", stream: true, bytes: bytes, provider: h.provider}
	body := s.body()
	switch {
	case h.uploads():
		body = withImages(bytes)
	case h.op == "responses":
		body = []byte(strings.Replace(string(body), `"messages":`, `"input":`, 1))
		body = []byte(strings.Replace(string(body), `"stream_options":{"include_usage":true},`, "", 1))
	}
	contentType, pieces, err := streamOf(h.schema)
	if err != nil {
		return err
	}
	path := "/v1/chat/completions"
	if h.op == "responses" {
		path = "/v1/responses"
	}
	plan := fmt.Sprintf(`{"id":"b","op":%q,"stream":true,"try":[{"model":"m","provider":%q,"name":%q}]}`, h.op, h.provider, h.model)
	one := func(c extprocv3.ExternalProcessorClient) error {
		d, err := openDoor(ctx, c, h.provider)
		if err == nil {
			err = d.ask(path, plan, body)
		}
		if err == nil {
			err = d.answer(contentType, pieces[:len(pieces)/2])
		}
		return err
	}
	const atOnce = 4
	errs := make([]error, atOnce)
	var group sync.WaitGroup
	for k := range atOnce {
		group.Go(func() {
			for i := k; i < streams && errs[k] == nil; i += atOnce {
				errs[k] = one(conns[i%len(conns)])
			}
		})
	}
	group.Wait()
	return errors.Join(errs...)
}

// withImages is a request of that size, nearly all of it images.
func withImages(bytes int) []byte {
	const image = 4 * megabyte
	var b strings.Builder
	b.Grow(bytes + kilobyte)
	b.WriteString(`{"model":"auto","stream":true,"messages":[{"role":"user","content":[{"type":"text","text":"What is on these?"}`)
	for b.Len() < bytes {
		b.WriteString(`,{"type":"image_url","image_url":{"url":"data:image/png;base64,`)
		b.WriteString(strings.Repeat("QUJD", max(1, min(image, bytes-b.Len())/4)))
		b.WriteString(`"}}`)
	}
	b.WriteString(`]}]}`)
	return []byte(b.String())
}

// startHeld starts llmroute with a page about its memory, and two connections to it, as an Envoy of two workers has.
func startHeld(ctx context.Context, dir string) (page string, conns []extprocv3.ExternalProcessorClient, stop func(), err error) {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return "", nil, nil, err
	}
	addrs, err := freeAddrs(6 + len(farEnds))
	if err != nil {
		return "", nil, nil, err
	}
	a := addresses{grpc: addrs[0], admin: addrs[1], envoy: addrs[2], envoyAdmin: addrs[3], providers: map[string]string{}}
	for i, p := range farEnds {
		a.providers[p.name] = addrs[6+i]
	}
	config, _, err := writeConfig(dir, a)
	if err != nil {
		return "", nil, nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return "", nil, nil, err
	}
	p, err := startProcess(dir, "held", self, roleArg, roleHeld, addrs[4], config)
	if err != nil {
		return "", nil, nil, err
	}
	stop = p.stop
	page = "http://" + addrs[4]
	for _, url := range []string{page + "/", "http://" + a.admin + "/metrics"} {
		if err := p.await(ctx, url); err != nil {
			return "", nil, stop, err
		}
	}
	for range 2 {
		c, err := grpc.NewClient(a.grpc, grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithNoProxy())
		if err != nil {
			return "", nil, stop, err
		}
		before := stop
		stop = func() { _ = c.Close(); before() }
		conns = append(conns, extprocv3.NewExternalProcessorClient(c))
	}
	return page, conns, stop, nil
}

// memory of a process, in bytes.
type memory struct{ heap, stack, resident, peak float64 }

func readMemory(ctx context.Context, url string) (memory, error) {
	text, err := fetch(ctx, url)
	if err != nil {
		return memory{}, err
	}
	n := func(name string) float64 { return series(text, name) }
	m := memory{n("heap"), n("stack"), n("resident"), n("peak")}
	if m.heap == 0 || m.resident == 0 {
		return m, fmt.Errorf("no figures at %s: %s", url, strconv.Quote(text))
	}
	return m, nil
}
