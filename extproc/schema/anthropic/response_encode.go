package anthropic

import (
	"strconv"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/llmroute/llmroute/extproc/schema"
	"github.com/llmroute/llmroute/extproc/schema/jsonout"
)

// EncodeResponse implements schema.Client. For count_tokens, r.Usage.Input is the answer. Of several choices the API
// has room for the first.
func (Client) EncodeResponse(t schema.Target, r *schema.Response) ([]byte, error) {
	if t.Op == schema.OpCountTokens {
		input := 0
		if r.Usage != nil {
			input = r.Usage.Input
		}
		return append(strconv.AppendInt([]byte(`{"input_tokens":`), int64(input), 10), '}'), nil
	}
	var choice schema.Choice
	if len(r.Choices) > 0 {
		choice = r.Choices[0]
	}
	var w jsonout.Writer
	w.Open('{')
	writeHead(&w, r.ID, r.Model)
	w.Key("content").Open('[')
	called, refused := false, false
	for i := range choice.Parts {
		p := &choice.Parts[i]
		called = called || p.Kind == schema.PartToolCall
		refused = refused || p.Kind == schema.PartRefusal
		writeAnswerPart(&w, p, i)
	}
	w.Close(']')
	writeStopped(&w, stopWord(choice.Stop, called, refused), choice.StopSequence, choice.StopDetail)
	w.Key("usage")
	writeUsage(&w, r.Usage, r.ServiceTier)
	w.Close('}')
	return w.B, nil
}

// writeHead writes what a message begins with.
func writeHead(w *jsonout.Writer, id, model string) {
	if !strings.HasPrefix(id, "msg_") {
		id = "msg_" + id
	}
	w.Key("id").String(id)
	w.Key("type").String("message")
	w.Key("role").String("assistant")
	w.Key("model").String(model)
}

// writeStopped writes stop_reason, stop_sequence, and what is known of a refusal.
func writeStopped(w *jsonout.Writer, word, sequence, detail string) {
	w.Key("stop_reason").String(word)
	w.Key("stop_sequence")
	if word == "stop_sequence" && sequence != "" {
		w.String(sequence)
	} else {
		w.Raw([]byte("null"))
	}
	if word == "refusal" {
		w.Key("stop_details").Open('{')
		w.Key("type").String("refusal")
		w.Key("category")
		if detail != "" {
			w.String(detail)
		} else {
			w.Raw([]byte("null"))
		}
		w.Key("explanation").Raw([]byte("null"))
		w.Close('}')
	}
}

// writeAnswerPart writes one content block. Empty text is left out, since the API refuses it when it comes back; so is
// what an answer of this format cannot hold.
func writeAnswerPart(w *jsonout.Writer, p *schema.Part, i int) {
	switch p.Kind {
	case schema.PartText, schema.PartRefusal:
		if p.Text == "" {
			return
		}
		w.Open('{')
		w.Key("type").String("text")
		w.Key("text").String(p.Text)
		if len(p.Citations) > 0 {
			w.Key("citations").Open('[')
			for j := range p.Citations {
				w.Raw(citation(&p.Citations[j]))
			}
			w.Close(']')
		}
		w.Close('}')
	case schema.PartThinking:
		if p.Text == "" && p.Signature == "" {
			return
		}
		w.Open('{')
		writeThought(w, p, shown(p.Signature, p.SignedBy))
		w.Close('}')
	case schema.PartToolCall:
		w.Open('{')
		writeCallHead(w, p, i)
		w.Key("input").Arguments(p.Args)
		w.Close('}')
	case schema.PartOther:
		if isOwnBlock(p) {
			w.Raw(p.Raw)
		}
	}
}

func writeCallHead(w *jsonout.Writer, p *schema.Part, i int) {
	id := p.ID
	if id == "" {
		id = "toolu_" + strconv.Itoa(i)
	}
	w.Key("type").String("tool_use")
	w.Key("id").String(id)
	w.Key("name").String(p.Name)
}

func isOwnBlock(p *schema.Part) bool {
	return gjson.ValidBytes(p.Raw) && ownBlocks[gjson.GetBytes(p.Raw, "type").String()]
}

// writeThought writes the members of a thinking block.
func writeThought(w *jsonout.Writer, p *schema.Part, signature string) {
	if p.Redacted {
		w.Key("type").String("redacted_thinking")
		w.Key("data").String(signature)
		return
	}
	w.Key("type").String("thinking")
	w.Key("thinking").String(p.Text)
	w.Key("signature").String(signature)
}

// shown is a signature as a client of this format gets it: one of another format keeps its mark.
func shown(signature string, by schema.Format) string {
	if raw, ok := schema.Unsign(schema.Anthropic, signature); ok {
		return raw
	}
	if by != "" && by != schema.Anthropic && !schema.IsSigned(signature) {
		return schema.Sign(by, signature)
	}
	return signature
}

// citation is a citation object: Anthropic's own as it was, or one of the web.
func citation(c *schema.Citation) []byte {
	if gjson.ValidBytes(c.Raw) && ownCitations[gjson.GetBytes(c.Raw, "type").String()] {
		return c.Raw
	}
	var w jsonout.Writer
	w.Open('{')
	w.Key("type").String("web_search_result_location")
	w.Key("url").String(c.URL)
	w.Key("title").String(c.Title)
	w.Key("cited_text").String(c.CitedText)
	w.Key("encrypted_index").String("")
	w.Close('}')
	return w.B
}
