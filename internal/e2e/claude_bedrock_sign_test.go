package e2e

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/tidwall/gjson"

	"github.com/llmroute/llmroute/internal/demo"
)

const signedClaude = `
providers:
  claude:
    schema: bedrock
    apis: [messages]
    endpoint: "${claude}"
    auth: {aws: {region: us-east-1, access_key_id: AKIDEXAMPLE, secret_access_key: aws-secret}}
models:
  m-claude: {provider: claude, name: "anthropic.claude-haiku-4-5-20251001-v1:0"}
`

// TestTheSignatureForClaudeOnBedrockCoversTheTranslatedBody has two judges: the demo provider, which refuses what is
// signed wrongly, and AWS's own signer over the bytes that arrived.
func TestTheSignatureForClaudeOnBedrockCoversTheTranslatedBody(t *testing.T) {
	provider := demo.New(demo.Options{Name: "claude", Schema: "bedrock", Key: "AKIDEXAMPLE:aws-secret"})
	var mu sync.Mutex
	var head http.Header
	var path, host string
	var body []byte
	s := start(t, signedClaude, farEnd{name: "claude", schema: "bedrock", handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		mu.Lock()
		head, path, host, body = r.Header.Clone(), r.URL.EscapedPath(), r.Host, text
		mu.Unlock()
		r.Body = io.NopCloser(bytes.NewReader(text))
		provider.ServeHTTP(w, r)
	})})
	long := strings.Repeat("What is the weather? ", 15_000) // 300 KB, in many pieces
	for name, c := range map[string]struct{ client, path, said string }{
		"an OpenAI client":              {"chat", "/v1/chat/completions", "Hello!"},
		"an Anthropic client":           {"messages", "/v1/messages", "Hello!"},
		"an OpenAI client with a novel": {"chat", "/v1/chat/completions", long},
	} {
		t.Run(name, func(t *testing.T) {
			for _, stream := range []string{"", `"stream":true,`} {
				asked := []byte(`{"model":"m-claude","max_tokens":100,` + stream + `"messages":[{"role":"user","content":"` + c.said + `"}]}`)
				got := s.do("POST", c.path, asked)
				if got.status != http.StatusOK {
					t.Fatalf("status %d %.300s", got.status, got.body)
				}
				mu.Lock()
				head, host, path, body := head, host, path, body
				mu.Unlock()
				if gjson.GetBytes(body, "anthropic_version").String() == "" || gjson.GetBytes(body, "model").Exists() ||
					!strings.Contains(path, "/invoke") || !strings.Contains(string(body), c.said) {
					t.Fatalf("%s does not have Claude's body in Bedrock's envelope: %.300s", path, body)
				}
				signed := head.Get("Authorization")
				if want := awsSignature(t, head, host, path, body); signed != want {
					t.Errorf("not what AWS's signer makes of the body that arrived:\n got %s\nwant %s", signed, want)
				}
				if signed == awsSignature(t, head, host, path, asked) {
					t.Error("the signature does not depend on the body")
				}
			}
		})
	}
}

// awsSignature signs a body as AWS's SDK does, with the time and headers of a request that arrived.
func awsSignature(t *testing.T, head http.Header, host, path string, body []byte) string {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, "http://"+host+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(body)
	hash := hex.EncodeToString(sum[:])
	req.Header.Set("x-amz-content-sha256", hash)
	req.Header.Set("content-type", head.Get("content-type"))
	for _, name := range signedHeaders(head.Get("Authorization")) {
		if value := head.Get(name); value != "" && name != "x-amz-content-sha256" && name != "x-amz-date" {
			req.Header.Set(name, value)
		}
	}
	at, err := time.Parse("20060102T150405Z", head.Get("x-amz-date"))
	if err != nil {
		t.Fatal(err)
	}
	creds := aws.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "aws-secret"}
	if err := v4.NewSigner().SignHTTP(context.Background(), creds, req, hash, "bedrock", "us-east-1", at); err != nil {
		t.Fatal(err)
	}
	return req.Header.Get("Authorization")
}

func signedHeaders(authorization string) []string {
	_, rest, _ := strings.Cut(authorization, "SignedHeaders=")
	list, _, _ := strings.Cut(rest, ",")
	return strings.Split(list, ";")
}
