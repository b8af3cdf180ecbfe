package main

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/llmroute/llmroute/internal/usage"
)

func TestTheLogTellsOfRequestsThatAProviderFailed(t *testing.T) {
	failed := []usage.Attempt{{Provider: "beta", Model: "small"}}
	for name, row := range map[string]struct {
		record usage.Record
		want   string // part of the line; empty: there is none
	}{
		"an answer is nothing to tell":            {usage.Record{Provider: "alpha", Status: 200}, ""},
		"a client that was wrong is not either":   {usage.Record{Provider: "alpha", Status: 400}, ""},
		"nor is a client that left":               {usage.Record{Provider: "alpha", Status: 0, Failed: failed}, ""},
		"nor what llmroute refused by itself":     {usage.Record{Provider: "alpha", Status: 503, Code: "budget_unavailable"}, ""},
		"nor a request that no provider was for":  {usage.Record{Status: 404}, ""},
		"a wrong key is named as such":            {usage.Record{Provider: "alpha", Status: 401}, "refused the request's credential"},
		"a rate limit that was the end":           {usage.Record{Provider: "alpha", Status: 429}, "limits the rate"},
		"nobody answered":                         {usage.Record{Provider: "alpha", Status: 503, Failed: failed}, `failed="small at beta"`},
		"a fallback answered, and who had failed": {usage.Record{Provider: "alpha", Status: 200, Failed: failed}, "a fallback answered"},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			row.record.RequestID = "id-1"
			newFailures(slog.New(slog.NewTextHandler(&out, nil)), time.Now).ended(&row.record)
			got := out.String()
			if row.want == "" {
				if got != "" {
					t.Errorf("logged %s", got)
				}
				return
			}
			if !strings.Contains(got, row.want) || !strings.Contains(got, "request_id=id-1") || !strings.Contains(got, "level=WARN") {
				t.Errorf("logged %q, want a warning with %q and the request's id", got, row.want)
			}
		})
	}
}

func TestAProviderThatIsDownDoesNotFloodTheLog(t *testing.T) {
	var out bytes.Buffer
	now := time.Unix(0, 0)
	f := newFailures(slog.New(slog.NewTextHandler(&out, nil)), func() time.Time { return now })
	for range 100 {
		f.ended(&usage.Record{Provider: "alpha", Status: 503})
	}
	f.ended(&usage.Record{Provider: "beta", Status: 503})
	f.ended(&usage.Record{Provider: "alpha", Status: 401})
	if got := strings.Count(out.String(), "\n"); got != 3 {
		t.Errorf("%d lines, want one a provider and status:\n%s", got, out.String())
	}
	now = now.Add(quietFor)
	f.ended(&usage.Record{Provider: "alpha", Status: 503})
	if got := out.String(); !strings.Contains(got, "more=99") {
		t.Errorf("the next line does not tell how many were left out:\n%s", got)
	}
}

func TestTheLogTellsOfTelemetryThatIsNotPushed(t *testing.T) {
	var out bytes.Buffer
	notPushed(slog.New(slog.NewJSONHandler(&out, nil))).Handle(errors.New("connection refused"))
	if got := out.String(); !strings.Contains(got, `"msg":"metrics or traces are not pushed","error":"connection refused"`) {
		t.Errorf("logged %s", got)
	}
}
