package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"

	"slices"
	"strings"
	"time"

	"github.com/llmroute/llmroute/extproc"
	"github.com/llmroute/llmroute/internal/admin"
	"github.com/llmroute/llmroute/policy"
)

// explainCmd decides for requests and serves nothing.
type explainCmd struct {
	File        string    `arg:"" optional:"" type:"existingfile" help:"The request body, or with --jsonl one a line. Default: stdin."`
	Header      []string  `short:"H" sep:"none" placeholder:"'NAME: VALUE'" help:"A request header; may be repeated."`
	Path        string    `default:"/v1/chat/completions" help:"The request's path."`
	Route       string    `help:"The route that Envoy's route metadata would name."`
	Claim       []string  `sep:"none" placeholder:"'NAME=VALUE'" help:"A claim of the caller's JWT; may be repeated."`
	Certificate []string  `sep:"none" placeholder:"'FIELD=VALUE'" help:"What stands in the client's certificate: uri_san, dns_san or subject; may be repeated."`
	At          time.Time `format:"2006-01-02T15:04:05Z07:00" placeholder:"TIME" help:"When the request comes, as 2026-01-31T08:30:00Z, for policies that hold at times. Default: now."`
	Seed        uint64    `default:"1" help:"For strategies that draw lots."`
	JSON        bool      `xor:"format" help:"Print JSON."`
	JSONL       bool      `name:"jsonl" xor:"format" help:"Read a request a line and print a record a line."`
}

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
	claims, err := parsePairs("claim", c.Claim)
	if err != nil {
		return err
	}
	certificate, err := parsePairs("certificate", c.Certificate, "uri_san", "dns_san", "subject")
	if err != nil {
		return err
	}
	in, err := e.input(c.File)
	if err != nil {
		return err
	}
	defer in.Close()
	x := &explainer{
		snapshot: snapshot.Stages(time.Now()),
		question: extproc.Question{Path: c.Path, Headers: headers, Route: c.Route, Claims: claims, Certificate: certificate, Now: c.At},
		random:   rand.New(rand.NewPCG(c.Seed, 0)),
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

// lines answers a stream of requests. What is no request is answered by a record with an error. Answers are written before
// waiting for further requests, so that another program can ask one by one.
func (x *explainer) lines(in io.Reader, out io.Writer) error {
	from := newLines(in)
	w := bufio.NewWriterSize(out, 64<<10)
	encoder := json.NewEncoder(w)
	for {
		if from.waiting() {
			if err := w.Flush(); err != nil {
				return err
			}
		}
		line, err := from.next()
		if errors.Is(err, io.EOF) {
			return w.Flush()
		}
		var record *policy.Record
		switch {
		case errors.Is(err, errLongLine):
			record = policy.Explain(&policy.Features{Path: x.question.Path}, &policy.Decision{}, &policy.Error{Code: "request_too_large", Message: err.Error()})
		case err != nil:
			return errors.Join(err, w.Flush())
		default:
			record = x.explain(line)
		}
		if err := encoder.Encode(record); err != nil {
			return err
		}
	}
}

func parseHeaders(flags []string) ([][2]string, error) {
	var headers [][2]string
	for _, h := range flags {
		name, value, ok := strings.Cut(h, ":")
		if name = strings.TrimSpace(name); !ok || name == "" {
			return nil, wrongUse("--header %q: write it as 'name: value'", h)
		}
		headers = append(headers, [2]string{name, strings.TrimSpace(value)})
	}
	return headers, nil
}

// parsePairs reads NAME=VALUE. Where names are given, it must be one of them.
func parsePairs(flag string, flags []string, names ...string) ([][2]string, error) {
	var pairs [][2]string
	for _, text := range flags {
		name, value, ok := strings.Cut(text, "=")
		switch {
		case !ok || name == "":
			return nil, wrongUse("--%s %q: write it as name=value", flag, text)
		case len(names) > 0 && !slices.Contains(names, name):
			return nil, wrongUse("--%s %q: the name must be one of %s", flag, text, strings.Join(names, ", "))
		}
		pairs = append(pairs, [2]string{name, value})
	}
	return pairs, nil
}

func printJSON(w io.Writer, value any) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(value)
}
