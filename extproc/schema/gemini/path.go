package gemini

import (
	"net/url"
	"strings"

	"github.com/llmroute/llmroute/extproc/schema"
)

// MatchPath reads the path, with its query, of a request to generate, to count tokens or to embed:
//
//	/v1beta/models/{model}:generateContent
//	/v1/models/{model}:streamGenerateContent?alt=sse
//	/v1beta/models/{model}:countTokens, :embedContent, :batchEmbedContents
//	/v1/projects/{p}/locations/{l}/publishers/google/models/{model}:generateContent
//
// A model name may hold slashes and percent escapes; Model is decoded. A stream without alt=sse is a JSON array.
func MatchPath(path string) (schema.Target, bool) {
	path, query, _ := strings.Cut(path, "?")
	rest, ok := afterVersion(path)
	if !ok {
		return schema.Target{}, false
	}
	colon := strings.LastIndexByte(rest, ':')
	if colon < 0 { // boto-like clients escape the colon
		colon = strings.LastIndex(rest, "%3A")
		if colon < 0 {
			colon = strings.LastIndex(rest, "%3a")
		}
	}
	if colon <= 0 {
		return schema.Target{}, false
	}
	method := strings.TrimPrefix(strings.TrimPrefix(strings.ToLower(rest[colon:]), ":"), "%3a")
	model, err := url.PathUnescape(rest[:colon])
	if err != nil || model == "" || strings.Contains(model, "..") {
		return schema.Target{}, false
	}
	t := schema.Target{Op: schema.OpGenerate, Model: model}
	switch method {
	case "counttokens":
		t.Op = schema.OpCountTokens
		return t, true
	case "embedcontent", "batchembedcontents":
		t.Op, t.Single = schema.OpEmbeddings, method == "embedcontent"
		return t, true
	case "generatecontent":
		return t, true
	case "streamgeneratecontent":
		t.Stream = true
		t.JSONArray = !wantsSSE(query)
		return t, true
	}
	return schema.Target{}, false
}

// afterVersion cuts what stands before the model's name.
func afterVersion(path string) (string, bool) {
	var rest string
	for _, version := range []string{"/v1beta/", "/v1/", "/v1alpha/", "/v1beta1/"} {
		if after, ok := strings.CutPrefix(path, version); ok {
			rest = after
			break
		}
	}
	if model, ok := strings.CutPrefix(rest, "models/"); ok {
		return model, true
	}
	if model, ok := strings.CutPrefix(rest, "publishers/google/models/"); ok { // Vertex AI with an API key
		return model, true
	}
	// projects/{p}/locations/{l}/publishers/google/models/{m}
	parts := strings.SplitN(rest, "/", 8)
	if len(parts) == 8 && parts[0] == "projects" && parts[2] == "locations" && parts[4] == "publishers" && parts[6] == "models" {
		return parts[7], true
	}
	return "", false
}

func wantsSSE(query string) bool {
	for pair := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		if (name == "alt" || name == "$alt" || name == "%24alt") && strings.EqualFold(value, "sse") {
			return true
		}
	}
	return false
}

// Locate implements schema.Provider. Without a prefix the API is AI Studio's v1beta; a prefix that holds a version,
// or Vertex AI's /v1/projects/{p}/locations/{l}/publishers/google, is taken as it is.
func (Provider) Locate(prefix string, op schema.Op, model string, stream bool) (string, bool) {
	prefix = strings.TrimSuffix(prefix, "/")
	if prefix == "" {
		prefix = "/v1beta"
	}
	base := prefix + "/models/" + escapeModel(strings.TrimPrefix(model, "models/"))
	switch {
	case op == schema.OpGenerate && stream:
		return base + ":streamGenerateContent?alt=sse", true
	case op == schema.OpGenerate:
		return base + ":generateContent", true
	case op == schema.OpCountTokens:
		return base + ":countTokens", true
	case op == schema.OpEmbeddings && !strings.Contains(prefix, "/publishers/"): // Vertex AI has another method for it
		return base + ":batchEmbedContents", true
	}
	return "", false
}

// escapeModel escapes a model's name for a path, its slashes excepted.
func escapeModel(model string) string {
	parts := strings.Split(model, "/")
	for i, p := range parts {
		parts[i] = url.PathEscape(p)
	}
	return strings.Join(parts, "/")
}
