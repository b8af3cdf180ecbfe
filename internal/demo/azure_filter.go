package demo

import "unicode/utf8"

// filterTable is Azure's verdict on a text.
//
// Source: https://learn.microsoft.com/azure/ai-foundry/openai/concepts/content-filter
type filterTable struct {
	Hate     severity `json:"hate"`
	SelfHarm severity `json:"self_harm"`
	Sexual   severity `json:"sexual"`
	Violence severity `json:"violence"`
}

type severity struct {
	Filtered bool   `json:"filtered"`
	Severity string `json:"severity"`
}

type promptFilter struct {
	Index   int          `json:"prompt_index"`
	Results *filterTable `json:"content_filter_results"`
}

type filterOffsets struct {
	Check int `json:"check_offset"`
	Start int `json:"start_offset"`
	End   int `json:"end_offset"`
}

func safe() *filterTable {
	s := severity{Severity: "safe"}
	return &filterTable{s, s, s, s}
}

func violent() *filterTable {
	t := safe()
	t.Violence = severity{Filtered: true, Severity: "medium"}
	return t
}

func filterOf(c *choice) *filterTable {
	if c.stop == stopFilter {
		return violent()
	}
	return safe()
}

func promptFilters() []promptFilter { return []promptFilter{{Results: safe()}} }

// promptFilterFrame is the first chunk of Azure's streams, which has no choices.
func (w *chatWriter) promptFilterFrame() frame {
	return frame{data: sseData(chatChunk{Choices: []chunkChoice{}, PromptFilter: promptFilters()})}
}

// lateFilter is the chunk of Azure's asynchronous filter, which has no delta.
func lateFilter(index int, c *choice) chunkChoice {
	end := 0
	for _, p := range c.pieces {
		end += utf8.RuneCountInString(p)
	}
	return chunkChoice{Index: index, Filter: filterOf(c), Offsets: &filterOffsets{Check: end, End: end}}
}

type blocked struct {
	Error struct {
		openAIError
		Status int `json:"status"`
		Inner  struct {
			Code   string       `json:"code"`
			Result *filterTable `json:"content_filter_result"`
		} `json:"innererror"`
	} `json:"error"`
}

// blockedPrompt is the error for a prompt that the filter stopped.
func blockedPrompt() blocked {
	var b blocked
	b.Error.openAIError = openAIError{
		Message: "The response was filtered due to the prompt triggering Azure OpenAI's content management policy. Please modify your prompt and retry.",
		Param:   optional("prompt"), Code: optional("content_filter"),
	}
	b.Error.Status = 400
	b.Error.Inner.Code, b.Error.Inner.Result = "ResponsibleAIPolicyViolation", violent()
	return b
}
