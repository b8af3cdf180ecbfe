package budgetstore

import (
	"context"
	"encoding/json"
	"sync"

	"github.com/redis/go-redis/v9"

	"github.com/llmroute/llmroute/policy/budget"
)

// news is what one replica tells the others of requests that it did not admit: Envoy's access log of a request may come to
// another replica than its headers.
type news struct {
	ID     string         `json:"id"`
	Model  string         `json:"model,omitempty"`
	USD    budget.NanoUSD `json:"usd,omitempty"` // billionths
	Tokens int64          `json:"tokens,omitempty"`
}

// The stream of news. What is cut off at its end has been read long ago, or its reservation runs out.
const (
	newsKey     = prefix + "settled"
	newsKept    = 20_000 // entries, of up to newsBatch requests each
	newsBatch   = 500
	newsWaiting = 100_000 // requests that wait here while Redis is down; of more, reservations run out
	newsRead    = 200     // entries at a time
)

// outbox holds news until they are told.
type outbox struct {
	mu   sync.Mutex
	news []news
}

func (o *outbox) add(n news) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.news) < newsWaiting {
		o.news = append(o.news, n)
	}
}

// take returns up to newsBatch of the oldest; they stay until told.
func (o *outbox) take() []news {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.news[:min(len(o.news), newsBatch):len(o.news)]
}

func (o *outbox) told(n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.news = append([]news(nil), o.news[n:]...)
}

// tell sends all that waits in o.
func (s *shared) tell(ctx context.Context, o *outbox) error {
	for {
		batch := o.take()
		if len(batch) == 0 {
			return nil
		}
		text, err := json.Marshal(batch)
		if err != nil {
			return err
		}
		err = s.client.XAdd(ctx, &redis.XAddArgs{
			Stream: newsKey, MaxLen: newsKept, Approx: true, Values: []string{"from", s.replica, "news", string(text)},
		}).Err()
		if err != nil {
			return err
		}
		o.told(len(batch))
	}
}

// hear calls take with what others told since the last time. The first time there is nothing.
func (s *shared) hear(ctx context.Context, take func(*news)) error {
	if s.heard == "" {
		last, err := s.client.XRevRangeN(ctx, newsKey, "+", "-", 1).Result()
		if err != nil {
			return err
		}
		if s.heard = "0"; len(last) > 0 {
			s.heard = last[0].ID
		}
		return nil
	}
	for {
		streams, err := s.client.XRead(ctx, &redis.XReadArgs{Streams: []string{newsKey, s.heard}, Count: newsRead, Block: -1}).Result()
		if err == redis.Nil || err == nil && len(streams) == 0 { //nolint:errorlint // as the library documents it
			return nil
		}
		if err != nil {
			return err
		}
		for _, m := range streams[0].Messages {
			s.heard = m.ID
			s.read(m.Values, take)
		}
		if len(streams[0].Messages) < newsRead {
			return nil
		}
	}
}

func (s *shared) read(values map[string]any, take func(*news)) {
	from, _ := values["from"].(string)
	text, _ := values["news"].(string)
	var batch []news
	if from == s.replica || json.Unmarshal([]byte(text), &batch) != nil {
		return
	}
	for i := range batch {
		take(&batch[i])
	}
}
