package e2e

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/anthropics/anthropic-sdk-go"
	anthropicoption "github.com/anthropics/anthropic-sdk-go/option"
	"github.com/openai/openai-go/v3"
	openaioption "github.com/openai/openai-go/v3/option"

	"github.com/llmroute/llmroute/internal/redistest"
)

func TestFiveHundredAtOnceSpendABudgetForAHundredAndNoMore(t *testing.T) {
	s := start(t, budgetModels+fmt.Sprintf("budgets: [{name: cap, limit_usd: %v}]\n", budgetLimit), alphaEnd)
	got := storm(t, 500, budgetBody, s)
	s.settled(t, 30*time.Second)
	usd, answers := s.charged()
	t.Logf("%v; charged $%.6f of %v for %d answers", got, usd, budgetLimit, answers)
	if got["200"]+got["budget_exceeded"] != 500 {
		t.Errorf("other answers than expected: %v", got)
	}
	if usd > budgetLimit || usd < 0.8*budgetLimit {
		t.Errorf("$%.6f was charged by a limit of $%v", usd, budgetLimit)
	}
	if known := s.spent(); known.Spent.USD.USD() > budgetLimit || !known.Reserved.IsZero() || fmt.Sprintf("%.9f", known.Spent.USD.USD()) != fmt.Sprintf("%.9f", usd) {
		t.Errorf("the budget knows of %+v, and $%.9f was charged", known, usd)
	}
}

func TestTwoReplicasOnOneRedisSpendABudgetTogether(t *testing.T) {
	redis := redistest.Start(t)
	yaml := budgetModels + fmt.Sprintf("budgets: [{name: cap, limit_usd: %v}]\nstate: {redis: %q}\n", budgetLimit, redis.URL())
	a, b := start(t, yaml, alphaEnd), start(t, yaml, alphaEnd)
	got := storm(t, 500, budgetBody, a, b)
	a.settled(t, 30*time.Second)
	b.settled(t, 30*time.Second)
	spent := func() float64 { x, _ := a.charged(); y, _ := b.charged(); return x + y }
	t.Logf("at once: %v; charged $%.6f of %v", got, spent(), budgetLimit)
	if got["200"]+got["budget_exceeded"]+got["budget_busy"] != 500 {
		t.Errorf("other answers than expected: %v", got)
	}
	if spent() > budgetLimit {
		t.Errorf("$%.6f was charged by a limit of $%v", spent(), budgetLimit)
	}
	client := &http.Client{Timeout: 30 * time.Second}
	defer client.CloseIdleConnections()
	eventually(t, "both refuse, since all is spent", func() bool {
		return ask(client, a.url, budgetBody) == "budget_exceeded" && ask(client, b.url, budgetBody) == "budget_exceeded"
	})
	a.settled(t, 30*time.Second)
	b.settled(t, 30*time.Second)
	if usd := spent(); usd > budgetLimit || usd < 0.9*budgetLimit {
		t.Errorf("in the end, $%.6f was charged by a limit of $%v", usd, budgetLimit)
	}
}

func TestWithRedisGoneInMidRunNothingHangsAndOnUnavailableDecides(t *testing.T) {
	for _, action := range []string{"reject", "allow"} {
		t.Run(action, func(t *testing.T) {
			redis := redistest.Start(t)
			s := start(t, budgetModels+fmt.Sprintf("budgets: [{name: cap, limit_usd: 1, on_unavailable: %s}]\nstate: {redis: %q}\n", action, redis.URL()), alphaEnd)
			if got := storm(t, 20, budgetBody, s); got["200"] != 20 {
				t.Fatalf("before: %v", got)
			}
			stopped := make(chan struct{})
			go func() { defer close(stopped); redis.Stop() }()
			if got := storm(t, 50, budgetBody, s); got["200"] != 50 {
				t.Errorf("what the slice covers was refused: %v", got)
			}
			<-stopped
			client := &http.Client{Timeout: 10 * time.Second}
			defer client.CloseIdleConnections()
			if action == "allow" {
				eventually(t, "the slice is void", func() bool {
					return ask(client, s.url, budgetBody) == "200" && s.budgets.Book().Counts()[0].Unavailable > 0
				})
				if got := storm(t, 50, budgetBody, s); got["200"] != 50 {
					t.Errorf("without Redis: %v", got)
				}
			} else {
				eventually(t, "requests are refused", func() bool { return ask(client, s.url, budgetBody) == "budget_unavailable" })
				if got := storm(t, 50, budgetBody, s); got["budget_unavailable"] != 50 {
					t.Errorf("without Redis: %v", got)
				}
			}
			if n := strings.Count(s.logs.String(), "Redis cannot be reached"); n != 1 {
				t.Errorf("that Redis is down was logged %d times", n)
			}
			redis.Restart()
			eventually(t, "Redis is found again", func() bool { return strings.Contains(s.logs.String(), "Redis is back") })
			eventually(t, "requests pass", func() bool { return ask(client, s.url, budgetBody) == "200" })
		})
	}
}

func TestARefusalByBudgetIsARateLimitInTheClientsSchema(t *testing.T) {
	s := start(t, budgetModels+"budgets: [{name: tight, limit_usd: 0.0001, per: team, period: day}]\n", alphaEnd)
	before := time.Now()
	got := s.chat(budgetBody, "x-team: research")
	if got.status != 429 || !strings.Contains(got.body, `"code":"budget_exceeded"`) || !strings.Contains(got.body, "budget tight (research)") {
		t.Errorf("OpenAI: %d %s", got.status, got.body)
	}
	if got.header.Get("x-should-retry") != "false" || got.header.Get("x-llmroute-budget") != "tight" || got.header.Get("x-llmroute-budget-remaining-usd") != "0.0001" {
		t.Errorf("headers: %v", got.header)
	}
	midnight := before.UTC().Truncate(24 * time.Hour).Add(24 * time.Hour)
	after, err := strconv.Atoi(got.header.Get("retry-after"))
	if wait := before.Add(time.Duration(after) * time.Second).Sub(midnight); err != nil || wait < -time.Minute || wait > time.Minute {
		t.Errorf("retry-after is %q, and the period ends in %s", got.header.Get("retry-after"), time.Until(midnight))
	}
	got = s.do("POST", "/v1/messages", []byte(budgetBody), "x-team: research")
	if got.status != 429 || !strings.Contains(got.body, `"type":"rate_limit_error"`) || !strings.Contains(got.body, "budget tight") {
		t.Errorf("Anthropic: %d %s", got.status, got.body)
	}
}

func TestResponseHeadersTellWhatIsLeftOfTheTightestBudget(t *testing.T) {
	s := start(t, budgetModels+`
budgets:
  - {name: wide, limit_usd: 100}
  - {name: tight, match: 'team == "research"', limit_usd: 0.01, limit_tokens: 1000}
`, alphaEnd)
	got := s.chat(budgetBody, "x-team: research")
	left, err := strconv.ParseFloat(got.header.Get("x-llmroute-budget-remaining-usd"), 64)
	tokens, err2 := strconv.Atoi(got.header.Get("x-llmroute-budget-remaining-tokens"))
	if got.header.Get("x-llmroute-budget") != "tight" || err != nil || err2 != nil || left < 0.0095 || left >= 0.01 || tokens < 900 || tokens >= 1000 {
		t.Errorf("%d %v", got.status, got.header)
	}
	got = s.chat(budgetBody)
	if h := got.header; h.Get("x-llmroute-budget") != "wide" || h.Get("x-llmroute-budget-remaining-tokens") != "" {
		t.Errorf("%d %v", got.status, h)
	}
}

func TestADowngradingBudgetLeavesTheCheapestModelAndRefusesNoOne(t *testing.T) {
	s := start(t, `
providers:
  alpha: {schema: openai, endpoint: "${alpha}", auth: {bearer: "${alpha_key}"}}
models:
  large: {provider: alpha, name: gpt-5, price: {input: 100, output: 1000}}
  small: {provider: alpha, name: gpt-5-mini, price: {input: 1, output: 10}}
routes: [{name: default, models: [large, small]}]
aliases: {auto: default}
budgets: [{name: soft, limit_usd: 0.03, on_exceeded: downgrade}]
`, alphaEnd)
	body := strings.Replace(budgetBody, "small", "auto", 1)
	if got := s.chat(body); got.header.Get("x-llmroute-model") != "large" {
		t.Fatalf("while enough is left: %d %v", got.status, got.header)
	}
	for range 3 {
		if got := s.chat(body); got.status != 200 || got.header.Get("x-llmroute-model") != "small" {
			t.Errorf("then: %d %v", got.status, got.header)
		}
	}
	if record := s.do("POST", "/v1/chat/completions", []byte(strings.Replace(body, "auto", "large", 1))); record.status != 200 {
		t.Errorf("a model by name: %d %s", record.status, record.body)
	}
	before := s.spent()
	if e := s.explain(t, body, nil); e.Error != nil || len(e.Plan) != 1 || e.Plan[0].Model != "small" {
		t.Errorf("explain: %+v, %+v", e, e.Error)
	}
	if after := s.spent(); after.Reserved != before.Reserved {
		t.Errorf("explaining reserved something: %+v, %+v", before, after)
	}
}

func TestAReloadKeepsWhatABudgetHasCounted(t *testing.T) {
	yaml := budgetModels + "budgets: [{name: cap, limit_usd: %v}]\n"
	s := start(t, fmt.Sprintf(yaml, 100), alphaEnd)
	if got := s.chat(budgetBody); got.status != 200 {
		t.Fatal(got.body)
	}
	s.settled(t, 10*time.Second)
	before := s.spent()
	s.rewrite(t, "limit_usd: 100", "limit_usd: 0.0001")
	eventually(t, "the new limit counts", func() bool { return s.chat(budgetBody).status == 429 })
	if after := s.spent(); before.Spent.IsZero() || after.Spent.USD < before.Spent.USD {
		t.Errorf("before the reload %+v, after it %+v", before, after)
	}
}

// TestSDKsSeeARateLimitAndDoNotTryAgain has them with their usual retries.
func TestSDKsSeeARateLimitAndDoNotTryAgain(t *testing.T) {
	s := start(t, budgetModels+"budgets: [{name: none, limit_usd: 0, period: minute}]\n", alphaEnd)
	ctx := t.Context()

	c := openai.NewClient(openaioption.WithBaseURL(s.url+"/v1/"), openaioption.WithAPIKey("x"))
	_, err := c.Chat.Completions.New(ctx, openai.ChatCompletionNewParams{
		Model: "small", Messages: []openai.ChatCompletionMessageParamUnion{openai.UserMessage("hi")},
	})
	var refused *openai.Error
	if !errors.As(err, &refused) || refused.StatusCode != 429 || refused.Code != "budget_exceeded" {
		t.Errorf("openai: %v", err)
	}
	a := anthropic.NewClient(anthropicoption.WithBaseURL(s.url), anthropicoption.WithAPIKey("x"))
	_, err = a.Messages.New(ctx, anthropic.MessageNewParams{
		Model: "small", MaxTokens: 20, Messages: []anthropic.MessageParam{anthropic.NewUserMessage(anthropic.NewTextBlock("hi"))},
	})
	var refusedToo *anthropic.Error
	if !errors.As(err, &refusedToo) || refusedToo.StatusCode != 429 {
		t.Errorf("anthropic: %v", err)
	}
	if n := s.budgets.Book().Counts()[0].Exceeded; n != 2 {
		t.Errorf("two calls made %d requests", n)
	}
}
