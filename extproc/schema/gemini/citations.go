package gemini

import (
	"github.com/tidwall/gjson"

	"github.com/llmroute/llmroute/extproc/schema"
	"github.com/llmroute/llmroute/extproc/schema/jsonout"
)

// citationsOf reads a candidate's groundingMetadata and citationMetadata:
//
//	{"groundingChunks":[{"web":{"uri":"…","title":"…"}}],
//	 "groundingSupports":[{"segment":{"startIndex":0,"endIndex":9,"text":"…"},"groundingChunkIndices":[0]}]}
//	{"citations":[{"startIndex":0,"endIndex":9,"uri":"…","title":"…"}]}   (AI Studio: citationSources)
//
// Indices count bytes. They are kept if the text is known to have as many characters, else left out.
// Source: https://ai.google.dev/api/generate-content#GroundingMetadata
func citationsOf(candidate gjson.Result, ascii bool) (out []schema.Citation) {
	grounding := candidate.Get("groundingMetadata")
	var pages []gjson.Result
	grounding.Get("groundingChunks").ForEach(func(_, v gjson.Result) bool {
		page := v.Get("web")
		for _, kind := range []string{"retrievedContext", "maps"} {
			if !page.Exists() {
				page = v.Get(kind)
			}
		}
		pages = append(pages, page)
		return true
	})
	grounding.Get("groundingSupports").ForEach(func(_, v gjson.Result) bool {
		segment := v.Get("segment")
		v.Get("groundingChunkIndices").ForEach(func(_, n gjson.Result) bool {
			if i := n.Int(); i >= 0 && i < int64(len(pages)) && len(out) < maxCitations {
				out = append(out, cited(pages[i], segment, segment.Get("text").String(), ascii))
			}
			return true
		})
		return true
	})
	if len(out) == 0 {
		for _, p := range pages {
			out = append(out, cited(p, gjson.Result{}, "", false))
		}
	}
	for _, name := range []string{"citationMetadata.citations", "citationMetadata.citationSources"} {
		candidate.Get(name).ForEach(func(_, v gjson.Result) bool {
			out = append(out, cited(v, v, "", ascii))
			return true
		})
	}
	return out
}

// maxCitations bounds an answer whose supports name every page.
const maxCitations = 4096

func cited(page, segment gjson.Result, text string, ascii bool) schema.Citation {
	c := schema.Citation{URL: page.Get("uri").String(), Title: page.Get("title").String(), CitedText: text}
	if ascii {
		c.Start, c.End = int(segment.Get("startIndex").Int()), int(segment.Get("endIndex").Int())
	}
	return c
}

// writeCitations writes groundingMetadata. text is the cited text if it is known, for indices count bytes.
func writeCitations(w *jsonout.Writer, cites []schema.Citation, text string) {
	if len(cites) == 0 {
		return
	}
	offsets := byteOffsets(text)
	w.Key("groundingMetadata").Open('{')
	w.Key("groundingChunks").Open('[')
	for i := range cites {
		w.Open('{')
		w.Key("web").Open('{')
		w.Key("uri").String(cites[i].URL)
		w.Key("title").String(cites[i].Title)
		w.Close('}')
		w.Close('}')
	}
	w.Close(']')
	w.Key("groundingSupports").Open('[')
	for i := range cites {
		w.Open('{')
		w.Key("segment").Open('{')
		if c := &cites[i]; c.End > c.Start {
			w.Key("startIndex").Int(int64(offsets(c.Start)))
			w.Key("endIndex").Int(int64(offsets(c.End)))
		}
		w.Key("text").String(cites[i].CitedText)
		w.Close('}')
		w.Key("groundingChunkIndices").Open('[')
		w.Int(int64(i))
		w.Close(']')
		w.Close('}')
	}
	w.Close(']')
	w.Close('}')
}

// byteOffsets turns positions in characters into positions in bytes.
func byteOffsets(text string) func(int) int {
	if isASCII(text) {
		return func(n int) int { return n }
	}
	var starts []int
	for i := range text {
		starts = append(starts, i)
	}
	return func(n int) int {
		if n >= 0 && n < len(starts) {
			return starts[n]
		}
		return len(text)
	}
}
