package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"time"

	"github.com/llmroute/llmroute/extproc"
	"github.com/llmroute/llmroute/internal/admin"
	"github.com/llmroute/llmroute/policy"
)

// explainCmd decides for requests and serves nothing.
type explainCmd struct {
	File   string   `arg:"" optional:"" type:"existingfile" help:"The request body, or with --jsonl one a line. Default: stdin."`
	Header []string `short:"H" sep:"none" placeholder:"'NAME: VALUE'" help:"A request header; may be repeated."`
	Path   string   `default:"/v1/chat/completions" help:"The request's path."`
	Route  string   `help:"The route that Envoy's route metadata would name."`
	Seed   uint64   `default:"1" help:"For strategies that draw lots."`
	JSON   bool     `xor:"format" help:"Print JSON."`
	JSONL  bool     `name:"jsonl" xor:"format" help:"Read a request a line and print a record a line."`
}

// maxLine bounds one request of --jsonl.
const maxLine = 64 << 20

// Run prints why each request goes where it goes. It ends with faults if a single request would be refused.
func (c *explainCmd) Run(e *env) error {
	_, snapshot, err := load(e.Config, e.Stderr)
	if err != nil {
		return err
	}
	headers, err := parseHeaders(c.Header)
	if err != nil {
		return err
	}
	in := e.Stdin
	if c.File != "" {
		f, err := os.Open(c.File)
		if err != nil {
			return err
		}
		defer f.Close()
		in = f
	}
	x := &explainer{
		snapshot: snapshot.Stages(time.Now()), question: extproc.Question{Path: c.Path, Headers: headers, Route: c.Route},
		random: rand.New(rand.NewPCG(c.Seed, 0)),
	}
	if c.JSONL {
		return x.lines(in, e.Stdout)
	}
	body, err := io.ReadAll(io.LimitReader(in, maxLine))
	if err != nil {
		return err
	}
	record := x.explain(body)
	if c.JSON {
		err = printJSON(e.Stdout, record)
	} else {
		_, err = io.WriteString(e.Stdout, record.Table())
	}
	if err == nil && record.Error != nil {
		return errFaults
	}
	return err
}

type explainer struct {
	snapshot *extproc.Snapshot
	question extproc.Question
	random   *rand.Rand
}

func (x *explainer) explain(body []byte) *policy.Record {
	q := x.question
	q.Body = body
	return admin.Explain(x.snapshot, q, x.random)
}

// lines answers a stream of requests.
func (x *explainer) lines(in io.Reader, out io.Writer) error {
	scanner := bufio.NewScanner(in)
	scanner.Buffer(make([]byte, 64<<10), maxLine)
	w := bufio.NewWriter(out)
	encoder := json.NewEncoder(w)
	for scanner.Scan() {
		line := bytes.TrimSpace(scanner.Bytes())
		if len(line) == 0 {
			continue
		}
		if err := encoder.Encode(x.explain(line)); err != nil {
			return err
		}
	}
	return errors.Join(scanner.Err(), w.Flush())
}

func parseHeaders(flags []string) ([][2]string, error) {
	var headers [][2]string
	for _, h := range flags {
		name, value, ok := strings.Cut(h, ":")
		if name = strings.TrimSpace(name); !ok || name == "" {
			return nil, fmt.Errorf("--header %q: write it as 'name: value'", h)
		}
		headers = append(headers, [2]string{name, strings.TrimSpace(value)})
	}
	return headers, nil
}

func printJSON(w io.Writer, value any) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(value)
}
