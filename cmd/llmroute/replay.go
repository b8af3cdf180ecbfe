package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"strconv"
	"strings"
	"time"

	"github.com/llmroute/llmroute/extproc"
	"github.com/llmroute/llmroute/internal/config"
	"github.com/llmroute/llmroute/internal/replay"
)

// replayCmd decides recorded requests anew, and sends nothing.
type replayCmd struct {
	File      string   `arg:"" optional:"" type:"existingfile" help:"A recording, or request bodies, one a line. Default: stdin."`
	Against   string   `type:"existingfile" placeholder:"FILE" help:"The configuration to compare with. Default: what was recorded."`
	Calibrate string   `placeholder:"ROUTE=SHARE" help:"Print instead which strong_above sends this share, 0 to 1, of the route's requests to the strong model."`
	Each      bool     `help:"Print a line for each request that differs, before the summary."`
	Format    string   `enum:"table,json" default:"table" help:"table or json."`
	Header    []string `short:"H" sep:"none" placeholder:"'NAME: VALUE'" help:"A header of plain bodies; may be repeated."`
	Path      string   `default:"/v1/chat/completions" help:"The path of plain bodies."`
	Seed      uint64   `default:"1" help:"For strategies that draw lots."`
}

// Run compares, or calibrates. It ends with faults if a line could not be read.
func (c *replayCmd) Run(e *env) error {
	file, after, err := loadForReplay(e.Config, e.Stderr)
	if err != nil {
		return err
	}
	headers, err := parseHeaders(c.Header)
	if err != nil {
		return err
	}
	in, err := e.input(c.File)
	if err != nil {
		return err
	}
	defer in.Close()
	around := extproc.Question{Path: c.Path, Headers: headers}
	if c.Calibrate != "" {
		return c.calibrate(e, in, file, &replay.Calibration{Snapshot: after, Around: around, Seed: c.Seed})
	}
	comparison := &replay.Comparison{After: after, Around: around, Seed: c.Seed}
	if c.Against != "" {
		if _, comparison.Before, err = loadForReplay(c.Against, e.Stderr); err != nil {
			return err
		}
	}
	return c.compare(e, in, comparison)
}

func (c *replayCmd) compare(e *env, in io.Reader, comparison *replay.Comparison) error {
	w := bufio.NewWriter(e.Stdout)
	unreadable, err := eachLine(in, e.Stderr, func(number int, line []byte) error {
		difference, err := comparison.Add(number, line)
		if err != nil || difference == nil || !c.Each {
			return err
		}
		if c.Format == "json" {
			return json.NewEncoder(w).Encode(difference)
		}
		_, err = fmt.Fprintln(w, difference.Text())
		return err
	})
	if err != nil {
		return err
	}
	report := comparison.Report(unreadable)
	switch {
	case c.Format == "json" && c.Each: // all of it one JSON a line
		err = json.NewEncoder(w).Encode(report)
	case c.Format == "json":
		err = printJSON(w, report)
	default:
		_, err = io.WriteString(w, report.Table())
	}
	return faulty(unreadable, errors.Join(err, w.Flush()))
}

func (c *replayCmd) calibrate(e *env, in io.Reader, file *config.File, calibration *replay.Calibration) error {
	route, text, ok := strings.Cut(c.Calibrate, "=")
	share, err := strconv.ParseFloat(text, 64)
	if !ok || err != nil || !(share >= 0 && share <= 1) {
		return wrongUse("--calibrate %s: want ROUTE=SHARE, with a share from 0 to 1, such as default=0.2", c.Calibrate)
	}
	if !hasRoute(file.Config, route) {
		return wrongUse("--calibrate %s: %s has no route %q", c.Calibrate, e.Config, route)
	}
	calibration.Route = route
	unreadable, err := eachLine(in, e.Stderr, func(_ int, line []byte) error { return calibration.Add(line) })
	if err != nil {
		return err
	}
	t, ok := calibration.Threshold(share)
	switch {
	case !ok:
		return fmt.Errorf("none of the requests takes route %s", route)
	case c.Format == "json":
		err = printJSON(e.Stdout, t)
	default:
		_, err = fmt.Fprintf(e.Stdout, "strong_above: %v # %.1f %% of the %d requests of route %s\n", t.StrongAbove, 100*t.Share, t.Requests, route)
	}
	return faulty(unreadable, err)
}

func hasRoute(c *config.Config, name string) bool {
	for i := range c.Routes {
		if c.Routes[i].Name == name {
			return true
		}
	}
	return false
}

// eachLine calls do for each line, and says on stderr which lines had faults; it returns how many.
func eachLine(in io.Reader, stderr io.Writer, do func(number int, line []byte) error) (faults uint64, err error) {
	from := newLines(in)
	for {
		line, err := from.next()
		if errors.Is(err, io.EOF) {
			return faults, nil
		}
		if err == nil {
			err = do(from.number, line)
		} else if !errors.Is(err, errLongLine) {
			return faults, err
		}
		if err != nil {
			faults++
			fmt.Fprintf(stderr, "line %d: %v\n", from.number, err)
		}
	}
}

func faulty(unreadable uint64, err error) error {
	if err == nil && unreadable > 0 {
		return errFaults
	}
	return err
}

func loadForReplay(path string, stderr io.Writer) (*config.File, *extproc.Snapshot, error) {
	file, snapshot, err := load(path, stderr)
	if err != nil {
		return nil, nil, err
	}
	return file, snapshot.Stages(time.Time{}), nil
}
