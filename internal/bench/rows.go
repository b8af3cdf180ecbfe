package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// The turns of a run with rows. Those with and those without follow one another, and who begins changes.
const (
	rowsTurn   = 5 * time.Second
	rowsPaced  = 500 // requests a second, less than a fifth of what two cores can do
	rowsPacing = 16  // connections that share them
)

// rowsLoad is a way to load routing while the ledger works.
type rowsLoad struct {
	name      string
	conns     int
	perSecond int // 0: one request after the other on each connection
}

func rowsLoads() []rowsLoad {
	return []rowsLoad{
		{name: "one connection", conns: 1},
		{name: fmt.Sprintf("%d requests a second", rowsPaced), conns: rowsPacing, perSecond: rowsPaced},
		{name: "64 connections", conns: 64},
	}
}

// rowsResult is what a load's turns showed.
type rowsResult struct {
	load          rowsLoad
	without, with []point
	cpuRow        []float64 // µs of llmroute's CPU for a row, beyond the turn without; where both had as many requests
}

// benchRows measures routing with and without a ledger at work in the same process.
func benchRows(ctx context.Context, o options, dir string, stdout, stderr io.Writer) error {
	page, s, t, err := startRows(ctx, o, dir)
	defer s.stop()
	if err != nil {
		return err
	}
	before := loadAverage()
	var results []rowsResult
	for _, l := range rowsLoads() {
		if !o.only.MatchString(l.name) {
			continue
		}
		result, err := l.measure(ctx, s, t, page, o, stderr)
		if err != nil {
			return fmt.Errorf("%s: %w", l.name, err)
		}
		results = append(results, result)
	}
	fmt.Fprint(stderr, "\r\x1b[K")
	counts, err := fetch(ctx, page+"/counts")
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "Envoy %s, load average %s before and %s after\n", version(s.envoy), before, loadAverage())
	printRows(stdout, o, results, counts)
	if lost := series(counts, "added") - series(counts, "rows"); lost != 0 {
		return fmt.Errorf("%.0f rows are missing", lost)
	}
	return nil
}

func startRows(ctx context.Context, o options, dir string) (page string, s *stack, t *target, err error) {
	s = &stack{}
	envoy, err := envoyBinary(ctx, o.envoy)
	if err != nil {
		return "", s, nil, err
	}
	if version, err := exec.CommandContext(ctx, envoy, "--version").Output(); err == nil {
		s.envoy = strings.TrimSpace(string(version))
	}
	self, err := os.Executable()
	if err != nil {
		return "", s, nil, err
	}
	providers, err := s.startProviders(dir, self)
	if err != nil {
		return "", s, nil, err
	}
	addrs, err := freeAddrs(1)
	if err != nil {
		return "", s, nil, err
	}
	t = &target{name: targetLLMRoute}
	s.targets = append(s.targets, t)
	err = s.startTarget(ctx, t, filepath.Join(dir, t.name), envoy, o.workers, providers, func(config string, _ addresses) (string, []string) {
		return self, []string{roleArg, roleRows, addrs[0], config, strconv.Itoa(o.rows)}
	})
	return "http://" + addrs[0], s, t, err
}

// measure takes turns of one load until there were rows for as long as wanted.
func (l rowsLoad) measure(ctx context.Context, s *stack, t *target, page string, o options, progress io.Writer) (rowsResult, error) {
	result := rowsResult{load: l}
	sc := scenarios()[0]
	request := sc.request(sc.provider)
	var clients []*client
	defer func() {
		for _, c := range clients {
			c.close()
		}
	}()
	for range l.conns {
		c, err := dial(ctx, t.addr)
		if err != nil {
			return result, err
		}
		clients = append(clients, c)
	}
	if err := (&lane{name: targetLLMRoute, target: t, clients: clients, request: request}).try(sc); err != nil {
		return result, err
	}
	turn := func(rows bool) (point, error) {
		if rows {
			if _, err := fetch(ctx, page+"/on"); err != nil {
				return point{}, err
			}
		}
		taken, err := l.run(ctx, clients, request, s.reader(t), min(rowsTurn, o.rowsFor))
		if err != nil {
			return point{}, err
		}
		if rows {
			_, err = fetch(ctx, page+"/off")
		}
		return newPoint(taken, 0), err
	}
	turns := max(1, int(o.rowsFor/rowsTurn))
	for n := range turns {
		fmt.Fprintf(progress, "\r\x1b[K%s: turn %d of %d", l.name, n+1, turns)
		var pair [2]point
		for i := range pair {
			k := (i + n) % 2
			var err error
			if pair[k], err = turn(k == 1); err != nil {
				return result, err
			}
		}
		result.add(pair[0], pair[1], o.rows)
	}
	return result, nil
}

func (r *rowsResult) add(without, with point, rate int) {
	r.without, r.with = append(r.without, without), append(r.with, with)
	if r.load.perSecond > 0 {
		r.cpuRow = append(r.cpuRow, (with.Server*with.Rate-without.Server*without.Rate)/float64(rate))
	}
}

// run is one turn.
func (l rowsLoad) run(ctx context.Context, clients []*client, request []byte, read func() usage, d time.Duration) (*taken, error) {
	if l.perSecond == 0 {
		return load(ctx, clients, request, false, d, read, func() {})
	}
	return paced(ctx, clients, request, l.perSecond, d, read)
}
