package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"slices"
	"syscall"
	"time"
)

// options are the flags.
type options struct {
	rounds   int
	duration time.Duration // of one turn
	budget   time.Duration // no round is begun after it
	only     *regexp.Regexp
	json     string
	workers  int    // threads of each Envoy
	llmroute string // binary
	against  string // a second llmroute binary; empty: none
	envoy    string // binary; empty: scripts/envoy says
	profile  string // folder; empty: no profiles
	rows     int    // of the ledger a second, beside which routing is measured; 0: not that
	rowsFor  time.Duration
}

func main() {
	if len(os.Args) > 2 && os.Args[1] == roleArg {
		exit(playRole(os.Args[2], os.Args[3:]))
	}
	o, err := parse(os.Args[1:], os.Stderr)
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	exit(bench(ctx, o, os.Stdout, os.Stderr))
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

func parse(args []string, stderr io.Writer) (options, error) {
	var o options
	var only string
	var quick bool
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.BoolVar(&quick, "quick", false, "a run of less than a minute, good for a look only")
	f.IntVar(&o.rounds, "rounds", 7, "how many times everything takes its turn")
	f.DurationVar(&o.duration, "duration", 500*time.Millisecond, "of one turn")
	f.DurationVar(&o.budget, "budget", 10*time.Minute, "no round begins that would not end within it")
	f.StringVar(&only, "only", "", "run the scenarios whose name matches this regular `expression`, such as 'json/1KB/'")
	f.StringVar(&o.json, "json", "", "write all figures to this `file`, too")
	f.IntVar(&o.workers, "workers", 2, "worker threads of each Envoy")
	f.StringVar(&o.llmroute, "llmroute", "bin/llmroute", "the binary to measure")
	f.StringVar(&o.against, "against", "", "measure this llmroute `binary`, too, as \"other\"")
	f.StringVar(&o.envoy, "envoy", "", "Envoy's binary; scripts/envoy finds it otherwise")
	f.StringVar(&o.profile, "profile", "", "write CPU and allocation profiles of llmroute and the floor into this `folder`; figures are then not comparable")
	f.IntVar(&o.rows, "rows", 0, "measure only what routing feels of a ledger that takes so many rows a second")
	f.DurationVar(&o.rowsFor, "rows-for", time.Minute, "how long there are rows, at each load")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if quick {
		o.rounds, o.duration, o.budget = 3, 200*time.Millisecond, 45*time.Second
	}
	if o.rounds < 1 || o.duration < 50*time.Millisecond || f.NArg() > 0 {
		return o, errors.New("want at least one round, turns of 50ms and no arguments; see -help")
	}
	var err error
	o.only, err = regexp.Compile(only)
	return o, err
}

// bench runs everything and prints the report. No process outlives it.
func bench(ctx context.Context, o options, stdout, stderr io.Writer) (err error) {
	dir, err := os.MkdirTemp("", "llmroute-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if o.rows > 0 {
		return benchRows(ctx, o, dir, stdout, stderr)
	}
	r, err := run(ctx, o, dir, stderr)
	if err != nil {
		return err
	}
	r.print(stdout)
	if o.json == "" {
		return nil
	}
	text, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(o.json, append(text, '\n'), 0o600) //nolint:gosec // who runs it names the file
}

// run lets all take their turns that only selects, and then measures memory.
func run(ctx context.Context, o options, dir string, stderr io.Writer) (*report, error) {
	r := newReport(o)
	if slices.ContainsFunc(scenarios(), func(sc scenario) bool { return o.only.MatchString(sc.name) }) {
		fmt.Fprintln(stderr, "starting Envoy, the floor, llmroute and the providers…")
		s, err := startStack(ctx, o, dir)
		defer s.stop()
		if err != nil {
			return nil, err
		}
		if err := measure(ctx, s, o, r, stderr); err != nil {
			return nil, err
		}
	}
	var err error
	if r.Held, err = hold(ctx, o, dir, stderr); err != nil {
		return nil, err
	}
	if len(r.Rows)+len(r.Held) == 0 {
		return nil, fmt.Errorf("nothing matches %q, or none of it can be run", o.only)
	}
	r.Goals = r.judge()
	return r, nil
}
