package bedrock

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/document"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
	"github.com/google/go-cmp/cmp"

	"github.com/llmroute/llmroute/extproc/schema"
)

// TestRequestsAreSpelledAsTheSDKSpellsThem sends the same conversation by AWS's SDK and compares path and body.
func TestRequestsAreSpelledAsTheSDKSpellsThem(t *testing.T) {
	var path string
	var body []byte
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path = r.URL.EscapedPath()
		body, _ = io.ReadAll(r.Body)
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"output":{"message":{"role":"assistant","content":[{"text":"a"}]}},"stopReason":"end_turn","usage":{"inputTokens":1,"outputTokens":1,"totalTokens":2},"metrics":{"latencyMs":1}}`)
	}))
	defer server.Close()
	client := bedrockruntime.New(bedrockruntime.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(server.URL), Credentials: credentials.NewStaticCredentialsProvider("a", "b", ""),
	})
	_, err := client.Converse(context.Background(), &bedrockruntime.ConverseInput{
		ModelId: aws.String(sonnet),
		System: []types.SystemContentBlock{
			&types.SystemContentBlockMemberText{Value: "sys"},
			&types.SystemContentBlockMemberCachePoint{Value: types.CachePointBlock{Type: types.CachePointTypeDefault, Ttl: types.CacheTTLOneHour}},
		},
		Messages: []types.Message{
			{Role: types.ConversationRoleUser, Content: []types.ContentBlock{
				&types.ContentBlockMemberText{Value: "q"},
				&types.ContentBlockMemberImage{Value: types.ImageBlock{Format: types.ImageFormatPng, Source: &types.ImageSourceMemberBytes{Value: []byte("A")}}},
				&types.ContentBlockMemberDocument{Value: types.DocumentBlock{
					Format: types.DocumentFormatPdf, Name: aws.String("doc"),
					Source: &types.DocumentSourceMemberS3Location{Value: types.S3Location{Uri: aws.String("s3://b/doc.pdf")}},
				}},
			}},
			{Role: types.ConversationRoleAssistant, Content: []types.ContentBlock{
				&types.ContentBlockMemberReasoningContent{Value: &types.ReasoningContentBlockMemberReasoningText{Value: types.ReasoningTextBlock{Text: aws.String("hm"), Signature: aws.String("sig")}}},
				&types.ContentBlockMemberReasoningContent{Value: &types.ReasoningContentBlockMemberRedactedContent{Value: []byte("A")}},
				&types.ContentBlockMemberToolUse{Value: types.ToolUseBlock{ToolUseId: aws.String("t1"), Name: aws.String("f"), Input: document.NewLazyDocument(map[string]any{"a": 1})}},
			}},
			{Role: types.ConversationRoleUser, Content: []types.ContentBlock{
				&types.ContentBlockMemberToolResult{Value: types.ToolResultBlock{
					ToolUseId: aws.String("t1"), Status: types.ToolResultStatusError,
					Content: []types.ToolResultContentBlock{&types.ToolResultContentBlockMemberText{Value: "bad"}},
				}},
			}},
		},
		InferenceConfig: &types.InferenceConfiguration{MaxTokens: aws.Int32(4096), Temperature: aws.Float32(1), StopSequences: []string{"END"}},
		ToolConfig: &types.ToolConfiguration{
			Tools: []types.Tool{&types.ToolMemberToolSpec{Value: types.ToolSpecification{
				Name: aws.String("f"), Description: aws.String("d"), Strict: aws.Bool(true),
				InputSchema: &types.ToolInputSchemaMemberJson{Value: document.NewLazyDocument(map[string]any{"type": "object"})},
			}}},
			ToolChoice: &types.ToolChoiceMemberAuto{},
		},
		OutputConfig: &types.OutputConfig{TextFormat: &types.OutputFormat{
			Type:      types.OutputFormatTypeJsonSchema,
			Structure: &types.OutputFormatStructureMemberJsonSchema{Value: types.JsonSchemaDefinition{Schema: aws.String(`{"type":"object"}`), Name: aws.String("n")}},
		}},
		AdditionalModelRequestFields:      document.NewLazyDocument(map[string]any{"thinking": map[string]any{"type": "enabled", "budget_tokens": 2048}}),
		AdditionalModelResponseFieldPaths: []string{"/stop_sequence"},
		RequestMetadata:                   map[string]string{"team": "a"},
		ServiceTier:                       &types.ServiceTier{Type: types.ServiceTierTypeFlex},
	})
	if err != nil {
		t.Fatal(err)
	}

	strict, limit, temperature := true, 4096, 1.0
	r := &schema.Request{
		Format: schema.Anthropic, Model: sonnet,
		Messages: []schema.Message{
			said(schema.RoleSystem, schema.Part{Kind: schema.PartText, Text: "sys", Cache: &schema.Cache{TTL: "1h"}}),
			said(schema.RoleUser, text("q"), schema.Part{Kind: schema.PartImage, Media: schema.Media{Type: "image/png", Data: "QQ=="}},
				schema.Part{Kind: schema.PartFile, Media: schema.Media{URL: "s3://b/doc.pdf", Filename: "doc.pdf"}}),
			said(schema.RoleAssistant, schema.Part{Kind: schema.PartThinking, Text: "hm", Signature: schema.Sign(schema.Anthropic, "sig")},
				schema.Part{Kind: schema.PartThinking, Redacted: true, Signature: schema.Sign(schema.Anthropic, "QQ==")}, call("t1", "f", `{"a":1}`)),
			said(schema.RoleTool, schema.Part{Kind: schema.PartToolResult, ID: "t1", IsError: true, Result: []schema.Part{text("bad")}}),
		},
		Tools:           []schema.Tool{{Kind: schema.ToolFunction, Name: "f", Description: "d", Strict: &strict, Parameters: json.RawMessage(`{"type":"object"}`)}},
		ToolChoice:      schema.ToolChoice{Mode: schema.ToolAuto},
		MaxOutputTokens: &limit, Temperature: &temperature, Stop: []string{"END"},
		Output:    schema.OutputFormat{Kind: schema.OutputSchema, Name: "n", Schema: json.RawMessage(`{"type":"object"}`)},
		Reasoning: schema.Reasoning{Effort: "low"},
		Metadata:  json.RawMessage(`{"team":"a"}`), ServiceTier: "flex",
	}
	out, err := Provider{}.EncodeRequest(r)
	if err != nil || len(out.Lost) > 0 {
		t.Fatalf("lost %q, %v", out.Lost, err)
	}
	var want, got any
	if json.Unmarshal(body, &want) != nil || json.Unmarshal(out.Body, &got) != nil {
		t.Fatalf("%s\n%s", body, out.Body)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if located, _ := (Provider{}).Locate("", out.Op, r.Model, false); located != path {
		t.Errorf("the SDK asks %s, we %s", path, located)
	}
}

// TestStreamsAreTheSDKs reads the same bytes by AWS's SDK, so that the fixtures of this package are no fiction.
func TestStreamsAreTheSDKs(t *testing.T) {
	all := answer(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/vnd.amazon.eventstream")
		_, _ = w.Write(all)
	}))
	defer server.Close()
	client := bedrockruntime.New(bedrockruntime.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(server.URL), Credentials: credentials.NewStaticCredentialsProvider("a", "b", ""),
	})
	out, err := client.ConverseStream(context.Background(), &bedrockruntime.ConverseStreamInput{ModelId: aws.String(sonnet)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = out.GetStream().Close() }()
	var theirs bytes.Buffer
	for event := range out.GetStream().Events() {
		if d, ok := event.(*types.ConverseStreamOutputMemberContentBlockDelta); ok {
			switch d := d.Value.Delta.(type) {
			case *types.ContentBlockDeltaMemberText:
				theirs.WriteString(d.Value)
			case *types.ContentBlockDeltaMemberToolUse:
				theirs.WriteString(aws.ToString(d.Value.Input))
			}
		}
	}
	if err := out.GetStream().Err(); err != nil {
		t.Fatal(err)
	}
	events, err := decode(nil, all)
	if err != nil {
		t.Fatal(err)
	}
	var ours bytes.Buffer
	for _, e := range events {
		if e.Part > 0 {
			ours.WriteString(e.Text)
		}
	}
	if ours.String() != theirs.String() {
		t.Errorf("the SDK reads %q, we %q", theirs.String(), ours.String())
	}
}
