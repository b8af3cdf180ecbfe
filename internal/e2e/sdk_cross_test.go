package e2e

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// crossing SDKs report this of each model.
type crossSeen struct {
	Failed           string // what stopped the script
	Text, Stream     string
	Usage            int
	Calls            [][2]any // name, arguments
	Answer, Image    string
	Limited, Unknown [2]string // the error's type, and its status
	Broken           [2]string
	Counted          *int
}

// crossErrors are the types by which each SDK's users tell errors apart: a rate limit, an unknown model, and an error in
// the middle of a stream.
var crossErrors = map[string][3]string{
	"Python chat":      {"RateLimitError", "NotFoundError", "APIError"},
	"Python responses": {"RateLimitError", "NotFoundError", "APIError"},
	"Python messages":  {"RateLimitError", "NotFoundError", "OverloadedError, APIStatusError, ServiceUnavailableError, InternalServerError"},
	"Python generate":  {"ClientError", "ClientError", "ServerError"},
	"Node chat":        {"RateLimitError", "NotFoundError", "APIError"},
	"Node responses":   {"RateLimitError", "NotFoundError", "APIError"},
	"Node messages":    {"RateLimitError", "NotFoundError", "APIError"},
	"Go chat":          {"429", "404", "error"},
	"Go responses":     {"429", "404", "error"},
	"Go messages":      {"429", "404", "error"},
	"Go generate":      {"429", "404", "error"},
}

func (s *crossSeen) check(t *testing.T, sdk, model string) {
	t.Helper()
	if s.Failed != "" {
		t.Errorf("%s with %s: %s", sdk, model, s.Failed)
		return
	}
	want := crossErrors[sdk]
	provider := strings.TrimPrefix(model, "m-")
	called := func() bool {
		names, _ := json.Marshal(s.Calls)
		return string(names) == `[["get_weather",{"city":"Paris"}],["get_weather",{"city":"London"}]]`
	}
	for name, ok := range map[string]bool{
		"text":       strings.Contains(s.Text, `"`+provider+`"`) && strings.Contains(s.Text, "Be kind."),
		"stream":     s.Stream == s.Text,
		"usage":      s.Usage > 0,
		"calls":      called(),
		"answer":     strings.Contains(s.Answer, "21 degrees"),
		"image":      strings.Contains(s.Image, "I see 1 image"),
		"rate limit": s.Limited[0] == want[0] && (s.Limited[1] == "429" || s.Limited[1] == ""),
		"unknown":    s.Unknown[0] == want[1],
		"broken":     slices.Contains(strings.Split(want[2], ", "), s.Broken[0]),
		"counted":    s.Counted == nil || *s.Counted > 0,
	} {
		if !ok {
			t.Errorf("%s with %s: %s is wrong in %+v", sdk, model, name, *s)
		}
	}
}

// TestSDKsOfEveryProviderReachEveryProvider runs the SDKs for Python and Node, unchanged but for their base URL.
func TestSDKsOfEveryProviderReachEveryProvider(t *testing.T) {
	out, err := exec.Command("../../scripts/sdks").Output()
	if err != nil {
		t.Fatalf("scripts/sdks: %v", err)
	}
	dir := strings.TrimSpace(string(out))
	s := matrixStack(t)
	for language, command := range map[string][]string{
		"Python": {filepath.Join(dir, "python/bin/python"), "sdks/cross.py"},
		"Node":   {"node", "sdks/cross.mjs"},
	} {
		t.Run(language, func(t *testing.T) {
			for name, seen := range s.crossScript(t, dir, command) {
				sdk, model, _ := strings.Cut(name, " ")
				seen.check(t, language+" "+sdk, model)
			}
		})
	}
}

// crossScript runs a script and returns what it saw, by "sdk model".
func (s *stack) crossScript(t *testing.T, sdks string, command []string) map[string]crossSeen {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	var models []string
	for _, p := range matrixProviders {
		models = append(models, "m-"+p.name)
	}
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Env = append(os.Environ(), "BASE_URL="+s.url, "SDKS="+sdks, "PNG="+png, "MODELS="+strings.Join(models, ","), "NO_PROXY=*", "no_proxy=*")
	var stderr strings.Builder
	cmd.Stderr = &stderr
	text, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %v\n%s", command, err, stderr.String())
	}
	var seen map[string]crossSeen
	if err := json.Unmarshal(text, &seen); err != nil {
		t.Fatalf("%v printed %.500q: %v", command, text, err)
	}
	if want := len(models) * 3; len(seen) < want {
		t.Errorf("%d reports, want %d", len(seen), want)
	}
	return seen
}
