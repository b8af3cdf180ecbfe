package learned

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/llmroute/llmroute/policy/learn"
)

// Redis lets replicas share by a Redis or Valkey:
//
//	llmroute:learned            sorted set: replica → Unix seconds of its last word
//	llmroute:learned:<replica>  its snapshot as JSON, gone after keepFor
type Redis struct{ client *redis.Client }

var _ learn.Store = (*Redis)(nil)

const (
	indexKey = "llmroute:learned"
	keepFor  = time.Minute
	patience = 2 * time.Second // for each step of a call
)

// NewRedis makes a store of redis://[user:password@]host:port/database, or rediss:// for TLS. It connects when it is used.
func NewRedis(url string) (*Redis, error) {
	o, err := redis.ParseURL(url)
	if err != nil {
		return nil, errors.New("state.redis is not a URL such as redis://:password@host:6379/0") // the cause would show the password
	}
	o.DialTimeout, o.ReadTimeout, o.WriteTimeout, o.PoolTimeout = patience, patience, patience, patience
	o.ContextTimeoutEnabled = true
	o.MaxRetries, o.DialerRetries = -1, 1 // the next round is soon enough
	o.PoolSize = 2
	o.DisableIdentity = true
	return &Redis{redis.NewClient(o)}, nil
}

// Close ends its connections.
func (r *Redis) Close() error { return r.client.Close() }

// Put implements learn.Store.
func (r *Redis) Put(ctx context.Context, replica string, s *learn.Snapshot) error {
	text, err := json.Marshal(s)
	if err != nil {
		return err
	}
	now := time.Now()
	_, err = r.client.Pipelined(ctx, func(p redis.Pipeliner) error {
		p.Set(ctx, indexKey+":"+replica, text, keepFor)
		p.ZAdd(ctx, indexKey, redis.Z{Score: float64(now.Unix()), Member: replica})
		// Clocks may differ by minutes, so the index forgets late; it is the key that says whether a replica is there.
		p.ZRemRangeByScore(ctx, indexKey, "-inf", "("+strconv.FormatInt(now.Add(-time.Hour).Unix(), 10))
		return nil
	})
	return err
}

// Others implements learn.Store. What a replica of another version says in another format is passed over.
func (r *Redis) Others(ctx context.Context, replica string) ([]*learn.Snapshot, error) {
	names, err := r.client.ZRange(ctx, indexKey, 0, -1).Result()
	if err != nil {
		return nil, err
	}
	var keys []string
	for _, name := range names {
		if name != replica {
			keys = append(keys, indexKey+":"+name)
		}
	}
	if len(keys) == 0 {
		return nil, nil
	}
	texts, err := r.client.MGet(ctx, keys...).Result()
	if err != nil {
		return nil, err
	}
	var others []*learn.Snapshot
	for _, text := range texts {
		if s, ok := text.(string); ok && len(s) <= mostBytes {
			if snapshot, err := learn.ParseSnapshot([]byte(s)); err == nil {
				others = append(others, snapshot)
			}
		}
	}
	return others, nil
}
