package e2e

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
)

// mixed is one request of a mix.
type mixed struct {
	kind  string
	send  func(ctx context.Context, url string) error // nil error: the answer came as it should
	local bool                                        // llmroute answers itself, and nothing is recorded
}

// mixes are the kinds of requests, each with its share of a hundred.
var mixes = []struct {
	kind  string
	share int
	make  func(r *rand.Rand) mixed
}{
	{"sdk", 20, sdkCall(false)},
	{"sdk stream", 10, sdkCall(true)},
	{"stream", 20, func(r *rand.Rand) mixed {
		path, body := anyStream(r)
		return raw(path, body, fmt.Sprintf("*: tokens=%d; reasoning=%d; cached=%d", 20+r.IntN(400), 1+r.IntN(40), 1+r.IntN(4)), 200)
	}},
	{"stream that asks for usage", 10, func(r *rand.Rand) mixed {
		body := fmt.Sprintf(`{"model":"m-%s","stream":true,"n":%d,"stream_options":{"include_usage":true},"messages":[{"role":"user","content":%q}]}`,
			anyOf(r, "openai", "azure"), 1+r.IntN(2), words(r))
		return raw("/v1/chat/completions", body, costs(r), 200)
	}},
	{"fallback", 12, func(r *rand.Rand) mixed {
		deed := anyOf(r, "openai: status=503", "openai: status=429; retry-after=1", "openai: reset", "openai: status=500, anthropic: status=529")
		stream := anyOf(r, "true", "false")
		body := fmt.Sprintf(`{"model":"route/chain","stream":%s,"messages":[{"role":"user","content":%q}]}`, stream, words(r))
		return raw("/v1/chat/completions", body, deed+", "+costs(r), anyStatus)
	}},
	{"aborted", 10, aborted},
	{"broken off", 3, func(r *rand.Rand) mixed {
		body := fmt.Sprintf(`{"model":%q,"stream":true,"messages":[{"role":"user","content":%q}]}`, modelOf(r), words(r))
		deed := fmt.Sprintf("*: %s=%d; chunk-delay=1ms; tokens=200; reasoning=%d", anyOf(r, "error-in-stream", "truncate"), 20+r.IntN(100), 1+r.IntN(40))
		return raw("/v1/chat/completions", body, deed, anyStatus) // 503, where it breaks off before its beginning was passed on
	}},
	{"refused by the provider", 4, func(r *rand.Rand) mixed {
		body := fmt.Sprintf(`{"model":%q,"stream":%s,"messages":[{"role":"user","content":%q}]}`, modelOf(r), anyOf(r, "true", "false"), words(r))
		return raw("/v1/chat/completions", body, "*: status=400", 400)
	}},
	{"every provider fails", 2, func(r *rand.Rand) mixed {
		body := fmt.Sprintf(`{"model":"route/chain","messages":[{"role":"user","content":%q}]}`, words(r))
		return raw("/v1/chat/completions", body, "*: status=500", anyStatus)
	}},
	{"refused by llmroute", 2, func(r *rand.Rand) mixed {
		return raw("/v1/chat/completions", `{"model":"nobody","messages":[{"role":"user","content":"Hello!"}]}`, "", 404)
	}},
	{"not an API", 1, func(r *rand.Rand) mixed { return raw("/v2/nothing", `{}`, "", 404) }},
	{"embeddings", 3, func(r *rand.Rand) mixed {
		return raw("/v1/embeddings", fmt.Sprintf(`{"model":"embed","input":%q}`, words(r)), "", 200)
	}},
	{"completions", 2, func(r *rand.Rand) mixed {
		body := fmt.Sprintf(`{"model":"m-openai","stream":%s,"prompt":%q}`, anyOf(r, "true", "false"), words(r))
		return raw("/v1/completions", body, "*: tokens=20", 200)
	}},
	{"list of models", 1, func(*rand.Rand) mixed {
		return mixed{local: true, send: func(ctx context.Context, url string) error { return fetch(ctx, "GET", url+"/v1/models", "", "", 200) }}
	}},
}

// mix makes the i-th request, the same at every run.
func mix(i int) mixed {
	r := rand.New(rand.NewPCG(1, uint64(i)))
	at := r.IntN(100)
	for _, m := range mixes {
		if at -= m.share; at < 0 {
			made := m.make(r)
			made.kind = m.kind
			return made
		}
	}
	return mixed{kind: "none", local: true, send: func(context.Context, string) error { return nil }}
}

func anyOf[T any](r *rand.Rand, of ...T) T { return of[r.IntN(len(of))] }

func modelOf(r *rand.Rand) string { return "m-" + matrixProviders[r.IntN(len(matrixProviders))].name }

func words(r *rand.Rand) string { return strings.Repeat("What is this about? ", 1+r.IntN(60)) }

// costs makes an answer cost all that providers charge for.
func costs(r *rand.Rand) string {
	return fmt.Sprintf("*: tokens=%d; reasoning=%d; cached=%d; cache-write=%d", 1+r.IntN(150), 1+r.IntN(40), 1+r.IntN(4), 1+r.IntN(2))
}

func sdkCall(stream bool) func(r *rand.Rand) mixed {
	return func(r *rand.Rand) mixed {
		sdk, model, deed := goSDKs[r.IntN(len(goSDKs))], modelOf(r), costs(r)
		return mixed{send: func(ctx context.Context, url string) error {
			if err := sdk.ask(ctx, url, model, deed, stream); err != nil {
				return fmt.Errorf("%s to %s with %q: %w", sdk.name, model, deed, err)
			}
			return nil
		}}
	}
}

func raw(path, body, deed string, status int) mixed {
	return mixed{send: func(ctx context.Context, url string) error { return fetch(ctx, "POST", url+path, body, deed, status) }}
}

// anyStatus is where it depends on what llmroute has learned of the providers meanwhile, or on what comes first.
const anyStatus = 0

// fetch reads an answer to its end.
func fetch(ctx context.Context, method, url, body, deed string, status int) error {
	resp, err := open(ctx, method, url, body, deed)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return fmt.Errorf("%s: %w", body, err)
	}
	if resp.StatusCode != status && status != anyStatus {
		return fmt.Errorf("%s with %q: status %d, want %d: %.300s", body, deed, resp.StatusCode, status, text)
	}
	return nil
}

func open(ctx context.Context, method, url, body, deed string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader([]byte(body)))
	if err != nil {
		return nil, err
	}
	req.Header.Set("content-type", "application/json")
	req.Header.Set("x-demo", deed)
	return http.DefaultClient.Do(req)
}

// anyStream asks for a stream, in any schema.
func anyStream(r *rand.Rand) (path, body string) {
	model, text := modelOf(r), words(r)
	switch r.IntN(4) {
	case 0:
		return "/v1/messages", fmt.Sprintf(`{"model":%q,"stream":true,"max_tokens":4096,"messages":[{"role":"user","content":%q}]}`, model, text)
	case 1:
		return "/v1/responses", fmt.Sprintf(`{"model":%q,"stream":true,"input":%q}`, model, text)
	case 2:
		return "/v1beta/models/" + model + ":streamGenerateContent?alt=sse", fmt.Sprintf(`{"contents":[{"role":"user","parts":[{"text":%q}]}]}`, text)
	}
	return "/v1/chat/completions", fmt.Sprintf(`{"model":%q,"stream":true,"messages":[{"role":"user","content":%q}]}`, model, text)
}

// aborted leaves a stream after some tens of events. They come at the pace of real providers, or else much is generated
// between a client's leaving and its provider's hearing of it.
func aborted(r *rand.Rand) mixed {
	path, body := anyStream(r)
	events, deed := 15+r.IntN(120), fmt.Sprintf("*: tokens=400; reasoning=%d; chunk-delay=10ms", 1+r.IntN(40))
	return mixed{send: func(ctx context.Context, url string) error {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		resp, err := open(ctx, "POST", url+path, body, deed)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		lines := bufio.NewScanner(resp.Body)
		for n := 0; n < events && lines.Scan(); {
			if strings.HasPrefix(lines.Text(), "data:") {
				n++
			}
		}
		return lines.Err()
	}}
}
