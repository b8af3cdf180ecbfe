package schema_test

import (
	"testing"

	"github.com/llmroute/llmroute/extproc/schema"
	"github.com/llmroute/llmroute/extproc/schema/anthropic"
	"github.com/llmroute/llmroute/extproc/schema/gemini"
	"github.com/llmroute/llmroute/extproc/schema/openai"
)

func TestImagesAreCountedWhereverTheyStand(t *testing.T) {
	for name, row := range map[string]struct {
		face   schema.Client
		target schema.Target
		body   string
	}{
		"in a message": {openai.Client{}, chat, `{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"u"}}]}]}`},
		"in the result of a tool, chat": {openai.Client{}, chat,
			`{"messages":[{"role":"tool","content":[{"image_url":{"url":"u"},"type":"image_url"}]}]}`},
		"in the input of responses": {openai.Client{}, responses, `{"input":[{"role":"user","content":[{"type":"input_image","image_url":"u"}]}]}`},
		"by the id of a file":       {openai.Client{}, responses, `{"input":[{"role":"user","content":[{"type":"input_image","file_id":"f"}]}]}`},
		"in the result of a tool, responses": {openai.Client{}, responses,
			`{"input":[{"type":"function_call_output","call_id":"c","output":[{"type":"input_image","file_id":"f"}]}]}`},
		"in a screenshot":               {openai.Client{}, responses, `{"input":[{"type":"computer_call_output","output":{"type":"computer_screenshot","image_url":"u"}}]}`},
		"in a variable of a template":   {openai.Client{}, responses, `{"prompt":{"id":"p","variables":{"a":"text","b":{"type":"input_image","image_url":"u"},"c":null}}}`},
		"in a message of Anthropic's":   {anthropic.Client{}, messages, `{"messages":[{"role":"user","content":[{"source":{"type":"url","url":"u"},"type":"image"}]}]}`},
		"in the result of its tool":     {anthropic.Client{}, messages, `{"messages":[{"role":"user","content":[{"type":"tool_result","content":[{"type":"image","source":{"type":"file","file_id":"f"}}]}]}]}`},
		"in a part of Gemini's":         {gemini.Client{}, generate, `{"contents":[{"parts":[{"inline_data":{"mime_type":"image/png","data":"aaaa"}}]}]}`},
		"in the result of its function": {gemini.Client{}, generate, `{"contents":[{"parts":[{"functionResponse":{"name":"f","response":{},"parts":[{"inlineData":{"mimeType":"image/png","data":"aaaa"}}]}}]}]}`},
		"in a file of Gemini's":         {gemini.Client{}, generate, `{"contents":[{"parts":[{"fileData":{"mimeType":"image/png","fileUri":"u"}}]}]}`},
	} {
		t.Run(name, func(t *testing.T) {
			facts, err := row.face.Scan(row.target, []byte(row.body))
			if err != nil || facts.Images != 1 {
				t.Errorf("%d images, %v", facts.Images, err)
			}
		})
	}
}
