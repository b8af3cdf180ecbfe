package extproc_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"strings"
	"testing"

	"github.com/llmroute/llmroute/extproc"
	"github.com/llmroute/llmroute/policy/tokens/exact"
)

const countConfig = `
providers:
  openai: {schema: openai, endpoint: https://api.openai.com/v1}
models:
  mini: {provider: openai, name: gpt-4o-mini}
  llama: {provider: openai, name: llama-4}
`

// picture is a PNG of so many pixels in base64.
func picture(t *testing.T, width, height int) string {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, width, height))); err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(b.Bytes())
}

// asked are requests with the same text and picture in each format, and where to put the text.
func asked(t *testing.T) map[string]string {
	t.Helper()
	data := picture(t, 750, 1000) // 1,000 tokens where nothing is known of the model
	return map[string]string{
		"/v1/chat/completions": `{"model":"llama","messages":[{"role":"system","content":"You are terse."},{"role":"user","content":[
			{"type":"text","text":%s},{"type":"image_url","image_url":{"url":"data:image/png;base64,` + data + `"}}]}]}`,
		"/v1/responses": `{"model":"llama","instructions":"You are terse.","input":[{"role":"user","content":[
			{"type":"input_text","text":%s},{"type":"input_image","image_url":"data:image\/png;base64,` + data + `"}]}]}`,
		"/v1/messages": `{"model":"llama","max_tokens":9,"system":"You are terse.","messages":[{"role":"user","content":[
			{"type":"text","text":%s},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"` + data + `"}}]}]}`,
		"/v1beta/models/llama:generateContent": `{"systemInstruction":{"parts":[{"text":"You are terse."}]},"contents":[{"parts":[
			{"text":%s},{"inlineData":{"mimeType":"image/png","data":"` + data + `"}}]}]}`,
	}
}

func TestInputTokensAreThoseOfTextsAndImages(t *testing.T) {
	text := strings.Repeat("Wieviel Rest bleibt, wenn man 1024 durch 7 teilt? Pourquoi? 请解释一下。\n", 20)
	quoted, _ := json.Marshal(text) //nolint:errchkjson // a string
	words, err := exact.Count(text)
	if err != nil {
		t.Fatal(err)
	}
	s := snapshot(t, countConfig)
	for path, body := range asked(t) {
		f, _, e := s.Explain(extproc.Question{Path: path, Body: fmt.Appendf(nil, body, quoted)}, nil)
		if e != nil {
			t.Errorf("%s: %v", path, e)
			continue
		}
		want := words + 4 + 1000 // the system prompt, and a frame or two
		if f.InputTokens < want*97/100 || f.InputTokens > want*103/100+8 {
			t.Errorf("%s: %d tokens, want about %d", path, f.InputTokens, want)
		}
		if got := f.ExactTokens(); got < want || got > want+8 {
			t.Errorf("%s: counted %d tokens, want %d and the frames", path, got, want)
		}
	}
}

func TestLowDetailIsWhatItCosts(t *testing.T) {
	body := `{"model":"mini","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"https://example.com/a.png","detail":%q}}]}]}`
	s := snapshot(t, countConfig)
	for detail, want := range map[string]int{"low": 4 + 85, "high": 4 + 1000, "auto": 4 + 1000} {
		f, _, e := s.Explain(extproc.Question{Body: fmt.Appendf(nil, body, detail)}, nil)
		if e != nil {
			t.Fatal(e)
		}
		if f.InputTokens != want {
			t.Errorf("%s: %d tokens, want %d", detail, f.InputTokens, want)
		}
	}
}

func TestToolsCountAsInput(t *testing.T) {
	const without = `{"model":"mini","messages":[{"role":"user","content":"Weather?"}]`
	const tools = `,"tools":[{"type":"function","function":{"name":"get_weather","description":"Current weather of a city","parameters":{"type":"object","properties":{"city":{"type":"string"}}}}}]`
	s := snapshot(t, countConfig)
	tokensOf := func(body string) int {
		f, _, e := s.Explain(extproc.Question{Body: []byte(body)}, nil)
		if e != nil {
			t.Fatal(e)
		}
		return f.InputTokens
	}
	if n := tokensOf(without+tools+"}") - tokensOf(without+"}"); n < 30 || n > 50 {
		t.Errorf("the tool counts as %d tokens", n)
	}
}

func TestCountTokensIsExactWhereTheTokenizerIsKnown(t *testing.T) {
	text := strings.Repeat("Donaudampfschifffahrtsgesellschaftskapitänsmütze und Ähnliches. ", 30)
	words, err := exact.Count(text)
	if err != nil {
		t.Fatal(err)
	}
	s := snapshot(t, countConfig)
	for model, most := range map[string]int{"mini": 0, "llama": words / 10} {
		body := fmt.Appendf(nil, `{"model":%q,"messages":[{"role":"user","content":%q}]}`, model, text)
		answer, err := extproc.NewDecider("/v1/messages/count_tokens", nil).Answer(s, body)
		if err != nil {
			t.Fatal(err)
		}
		var got struct {
			Tokens int `json:"input_tokens"`
		}
		if err := json.Unmarshal(answer, &got); err != nil {
			t.Fatalf("%v: %s", err, answer)
		}
		if off := got.Tokens - words - 4; off > most || off < -most {
			t.Errorf("%s: %d, want %d", model, got.Tokens, words+4)
		}
	}
}
