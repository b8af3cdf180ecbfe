package main

import (
	"bufio"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
)

func TestLinesAreThoseThatAreNotBlank(t *testing.T) {
	for name, r := range map[string]io.Reader{
		"at once":      strings.NewReader("one\r\n\n  two \n" + strings.Repeat("x", 40) + "\nlast"),
		"byte by byte": iotest.OneByteReader(strings.NewReader("one\r\n\n  two \n" + strings.Repeat("x", 40) + "\nlast")),
	} {
		t.Run(name, func(t *testing.T) {
			l := &lines{r: bufio.NewReaderSize(r, 16), most: 39}
			for _, want := range []struct {
				number int
				text   string
				fault  error
			}{{1, "one", nil}, {3, "two", nil}, {4, "", errLongLine}, {5, "last", nil}, {5, "", io.EOF}, {5, "", io.EOF}} {
				text, err := l.next()
				if !errors.Is(err, want.fault) || string(text) != want.text || l.number != want.number {
					t.Errorf("got line %d %q %v, want %+v", l.number, text, err, want)
				}
			}
		})
	}
}

func TestAReadErrorIsNotTheEnd(t *testing.T) {
	broken := errors.New("broken")
	l := newLines(io.MultiReader(strings.NewReader("one\ntw"), iotest.ErrReader(broken)))
	if text, err := l.next(); string(text) != "one" || err != nil {
		t.Fatalf("got %q %v", text, err)
	}
	if text, err := l.next(); !errors.Is(err, broken) {
		t.Errorf("got %q %v", text, err)
	}
}

// TestExplainAnswersEachLineBeforeTheNext is a conversation: a program that asks one by one must not wait for ever.
func TestExplainAnswersEachLineBeforeTheNext(t *testing.T) {
	config := filepath.Join(t.TempDir(), "llmroute.yaml")
	if err := os.WriteFile(config, []byte(`
providers: {alpha: {schema: openai, endpoint: "http://127.0.0.1:1/v1"}}
models: {a: {provider: alpha}}
`), 0o600); err != nil {
		t.Fatal(err)
	}
	questions, ask := io.Pipe()
	answers, answer := io.Pipe()
	ended := make(chan int)
	go func() {
		code := run([]string{"-c", config, "explain", "--jsonl"}, questions, answer, os.Stderr)
		_ = answer.Close()
		ended <- code
	}()
	from := bufio.NewReader(answers)
	for _, c := range []struct{ question, want string }{
		{`{"model":"a","messages":[{"role":"user","content":"Hello!"}]}` + "\n", `"plan":[{"model":"a"`},
		{"oops\n", `"code":"invalid_json"`},
		{"\n" + `{"model":"a","messages":[{"role":"user","content":"Again!"}]}` + "\n" + `{"model":`, `"plan":[{"model":"a"`}, // half of the next
		{`"b","messages":[{"role":"user","content":"Third"}]}` + "\n", `"code":"model_not_found"`},
	} {
		if _, err := io.WriteString(ask, c.question); err != nil {
			t.Fatal(err)
		}
		line, err := from.ReadString('\n')
		if err != nil || !strings.Contains(line, c.want) {
			t.Errorf("%q got %v %s, want %s", c.question, err, line, c.want)
		}
	}
	_ = ask.Close()
	if code := <-ended; code != exitOK {
		t.Errorf("ended with %d", code)
	}
}
