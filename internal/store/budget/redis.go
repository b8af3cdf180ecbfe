package budgetstore

import (
	"context"
	_ "embed" // the script
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/llmroute/llmroute/policy/budget"
)

// The keys in Redis. Each is of one account, or of all, and no command needs two, so a cluster will do.
const (
	prefix        = "llmroute:budget:"
	replicasKey   = prefix + "replicas"  // sorted set: replica → when it was last seen, in ms
	contestedKey  = prefix + "contested" // sorted set: account → when it was last seen to be contested, in ms
	keepAfter     = 24 * time.Hour       // after its period, an account can still be looked at
	contestedKept = 40 * 24 * time.Hour  // longer than a period
	contestedMost = 10_000               // at once
)

// How long Redis may take. Longer than that, it counts as down.
const (
	dialTimeout = time.Second
	callTimeout = time.Second
)

//go:embed lease.lua
var leaseText string

// shared is the store of a fleet.
type shared struct {
	client  redis.UniversalClient
	lease   *redis.Script
	replica string
	ttl     time.Duration
	seen    float64       // up to when contested accounts are known, in Redis's ms
	ahead   time.Duration // of this clock, Redis's
	heard   string        // up to where in the stream of news; empty: not begun
}

// open prepares for a Redis at a URL like redis://:password@host:6379/0. It connects when it is first used.
func open(address, replica string, ttl time.Duration) (*shared, error) {
	o, err := redis.ParseURL(address)
	if err != nil {
		return nil, fmt.Errorf("state.redis is not the URL of a Redis; write redis://host:6379/0") // the cause may quote a password
	}
	o.DialTimeout, o.ReadTimeout, o.WriteTimeout, o.PoolTimeout = dialTimeout, callTimeout, callTimeout, callTimeout
	o.MaxRetries, o.DialerRetries = -1, 1 // the keeper tries again
	o.ContextTimeoutEnabled, o.PoolSize = true, 2
	return &shared{client: redis.NewClient(o), lease: redis.NewScript(leaseText), replica: replica, ttl: ttl}, nil
}

func (s *shared) close() { _ = s.client.Close() }

// join says that this replica is alive, and finds out how many are, and which accounts became contested.
func (s *shared) join(ctx context.Context) (replicas int, contested []budget.Key, err error) {
	now, err := s.client.Time(ctx).Result()
	if err != nil {
		return 0, nil, err
	}
	s.ahead = time.Until(now)
	ms := float64(now.UnixMilli())
	var count *redis.IntCmd
	var keys *redis.ZSliceCmd
	_, err = s.client.Pipelined(ctx, func(p redis.Pipeliner) error {
		p.ZAdd(ctx, replicasKey, redis.Z{Score: ms, Member: s.replica})
		p.ZRemRangeByScore(ctx, replicasKey, "-inf", score(ms-float64(s.ttl.Milliseconds())))
		count = p.ZCard(ctx, replicasKey)
		p.ZRemRangeByScore(ctx, contestedKey, "-inf", score(ms-float64(contestedKept.Milliseconds())))
		keys = p.ZRevRangeByScoreWithScores(ctx, contestedKey, &redis.ZRangeBy{Min: score(s.seen), Max: "+inf", Count: contestedMost})
		return nil
	})
	if err != nil {
		return 0, nil, err
	}
	for _, z := range keys.Val() {
		if member, ok := z.Member.(string); ok {
			if k, ok := parseKey(member); ok {
				contested = append(contested, k)
			}
		}
	}
	const overlap = 5000 // what others add may arrive late
	s.seen = ms - overlap
	return int(count.Val()), contested, nil
}

func score(ms float64) string { return strconv.FormatFloat(ms, 'f', 0, 64) }

// batch bounds one round trip.
const batch = 256

// claim asks for slices. It answers claims up to the first failure, in their order.
func (s *shared) claim(ctx context.Context, claims []budget.Claim) ([]budget.Grant, error) {
	var out []budget.Grant
	for len(claims) > 0 {
		n := min(len(claims), batch)
		grants, err := s.claimBatch(ctx, claims[:n])
		out = append(out, grants...)
		if err != nil {
			return out, err
		}
		claims = claims[n:]
	}
	return out, nil
}

func (s *shared) claimBatch(ctx context.Context, claims []budget.Claim) ([]budget.Grant, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*callTimeout)
	defer cancel()
	answers, err := s.run(ctx, claims)
	if redis.HasErrorPrefix(err, "NOSCRIPT") { // Redis is new, or was restarted
		if err = s.lease.Load(ctx, s.client).Err(); err == nil {
			answers, err = s.run(ctx, claims)
		}
	}
	if err != nil {
		return nil, err
	}
	grants := make([]budget.Grant, len(claims))
	var contested []redis.Z
	for i, a := range answers {
		if grants[i], err = parseGrant(&claims[i], a.Val()); err != nil {
			return grants[:i], err
		}
		if grants[i].Contested {
			contested = append(contested, redis.Z{Score: float64(time.Now().Add(s.ahead).UnixMilli()), Member: formatKey(claims[i].Key)})
		}
	}
	if len(contested) > 0 {
		err = s.client.ZAdd(ctx, contestedKey, contested...).Err()
	}
	return grants, err
}

func (s *shared) run(ctx context.Context, claims []budget.Claim) ([]*redis.Cmd, error) {
	out := make([]*redis.Cmd, len(claims))
	_, err := s.client.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i := range claims {
			c := &claims[i]
			out[i] = s.lease.EvalSha(ctx, p, []string{prefix + formatKey(c.Key)}, s.arguments(c)...)
		}
		return nil
	})
	return out, err
}

func (s *shared) arguments(c *budget.Claim) []any {
	args := make([]any, 0, 20)
	args = append(args, s.replica)
	for _, a := range [...]budget.Amount{c.Spent, c.Reserved, c.Keep, c.Want, c.Need, c.Limit, c.First} {
		args = append(args, bounded(int64(a.USD)), bounded(a.Tokens))
	}
	return append(args, c.Replicas, s.ttl.Milliseconds(), c.End.Add(keepAfter).UnixMilli(), flag(c.Known), flag(c.Leave))
}

// bounded writes -1 for what has no bound. The script does not look at other amounts of such a part.
func bounded(n int64) int64 {
	if n == budget.NoLimit {
		return -1
	}
	return n
}

func flag(b bool) string {
	if b {
		return "1"
	}
	return "0"
}

func parseGrant(c *budget.Claim, answer any) (budget.Grant, error) {
	parts, ok := answer.([]any)
	if !ok || len(parts) != 7 {
		return budget.Grant{}, fmt.Errorf("unexpected answer of the lease script")
	}
	var n [7]int64
	for i, p := range parts {
		text, _ := p.(string)
		var err error
		if n[i], err = strconv.ParseInt(text, 10, 64); err != nil {
			return budget.Grant{}, fmt.Errorf("unexpected answer of the lease script: %w", err)
		}
	}
	g := budget.Grant{
		Hold: budget.Amount{USD: budget.NanoUSD(n[0]), Tokens: n[1]}, Others: budget.Amount{USD: budget.NanoUSD(n[2]), Tokens: n[3]},
		Pending: budget.Amount{USD: budget.NanoUSD(n[4]), Tokens: n[5]}, Contested: n[6] != 0,
	}
	if c.Limit.USD == budget.NoLimit {
		g.Hold.USD = budget.NoLimit
	}
	if c.Limit.Tokens == budget.NoLimit {
		g.Hold.Tokens = budget.NoLimit
	}
	return g, nil
}

// formatKey writes an account of a period: "1793491200/research/team-a".
func formatKey(k budget.Key) string {
	return strconv.FormatInt(k.Start.Unix(), 10) + "/" + url.PathEscape(k.Budget) + "/" + k.Subject
}

func parseKey(text string) (budget.Key, bool) {
	parts := strings.SplitN(text, "/", 3)
	if len(parts) != 3 {
		return budget.Key{}, false
	}
	start, err := strconv.ParseInt(parts[0], 10, 64)
	if err != nil {
		return budget.Key{}, false
	}
	name, err := url.PathUnescape(parts[1])
	if err != nil {
		return budget.Key{}, false
	}
	return budget.Key{Budget: name, Subject: parts[2], Start: time.Unix(start, 0)}, true
}

// leave says that this replica is gone.
func (s *shared) leave(ctx context.Context) error {
	return s.client.ZRem(ctx, replicasKey, s.replica).Err()
}
