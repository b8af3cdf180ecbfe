package examples_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/llmroute/llmroute/internal/config"
	"github.com/llmroute/llmroute/internal/redistest"
)

const budgets = "budgets"

func TestTheBudgetsREADMEIsTrueLineByLine(t *testing.T) {
	needCurl(t)
	w := startWalk(t)
	sections := w.sections()
	redis := len(sections) - 1
	for _, part := range sections[:redis] {
		t.Run(part.title, func(t *testing.T) {
			for _, step := range part.steps {
				w.t = t
				w.follow(step)
			}
		})
	}
	t.Run("the budgets' bars are on the page", func(t *testing.T) {
		got := ask(t, "GET", "http://"+w.admin, "", "/v1/status", "").body
		for _, want := range []string{`"name": "lab"`, `"name": "company"`, `"key": "search"`, `"key": "sales"`, `"code": "budget_exceeded"`} {
			if !strings.Contains(got, want) {
				t.Errorf("no %s in %s", want, got)
			}
		}
	})
	t.Run("a restart forgets nothing", func(t *testing.T) {
		before := w.spent()
		w.stop()
		cmd := exec.Command(binary, "-c", w.file, "serve", "--grace", "0s", "--drain", "5s")
		cmd.Env = environment()
		w.llmroute = launch(t, cmd)
		w.llmroute.await("ready", func() bool { return answers("http://" + w.admin + "/readyz") })
		after := w.spent()
		delete(after, `llmroute_budget_spent{budget="teams",key="",unit="USD"}`) // of the request without a team, which cost nothing
		if diff := cmp.Diff(before, after); diff != "" || len(before) != 4 {
			t.Errorf("(-before +after)\n%s", diff)
		}
	})
}

func TestWithRedisDownTheBudgetsREADMETellsWhatClientsGet(t *testing.T) {
	needCurl(t)
	redis := redistest.Start(t)
	t.Setenv("REDIS_URL", redis.URL())
	w := startWalk(t)
	sections := w.sections()
	steps := sections[len(sections)-1].steps
	if len(steps) != 1 {
		t.Fatalf("the last section has %d outputs", len(steps))
	}
	if got := w.sh("ask lab dot"); !strings.HasPrefix(got, "HTTP/1.1 200 OK\n") {
		t.Fatalf("with Redis: %s", got)
	}
	redis.Stop()
	var got string
	defer func() { t.Logf("the last answer:\n%s", got) }()
	// Which of the budgets is the first whose slice is used up depends on how far Redis and the replica had come.
	which := regexp.MustCompile(`(budget:?) (company|minute( \(u[0-9]+\))?)`)
	want := which.ReplaceAllString(masked(steps[0].output), "$1 …")
	w.llmroute.await("budget_unavailable, as the README has it", func() bool {
		got = which.ReplaceAllString(masked(w.sh(steps[0].command)), "$1 …")
		return got == want || strings.Contains(got, "budget_unavailable")
	})
	if got != want {
		t.Error(cmp.Diff(want, got))
	}
	w.llmroute.await("the log says so, once", func() bool {
		return strings.Count(w.llmroute.output.String(), "budgets: Redis cannot be reached") == 1
	})
}

// walk follows a README that has commands, each followed by what it prints.
type walk struct {
	*scenario
	admin, readme, functions string
	log                      string // a file
}

func startWalk(t *testing.T) *walk {
	t.Helper()
	s := startScenario(t, budgets, "")
	file, faults := config.LoadFile(s.file)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	return &walk{
		scenario: s, admin: file.Config.Listen.Admin,
		readme: read(t, filepath.Join(budgets, "README.md")), log: filepath.Join(t.TempDir(), "llmroute.log"),
	}
}

type section struct {
	title string
	steps []step
}

// step is a block of commands and the block of their output.
type step struct{ command, output string }

var (
	blocks      = regexp.MustCompile("(?m)^```\n((?:[^`\n].*\n)+)```\n\n```text\n((?:[^`\n].*\n)+)```$")
	definitions = regexp.MustCompile(`(?ms)^ask\(\) \{\n.*?^\}\n`)
)

// sections are the parts of the README that have outputs, in order.
func (w *walk) sections() []section {
	w.t.Helper()
	var out []section
	if w.functions = definitions.FindString(w.readme); w.functions == "" {
		w.t.Fatal("the README defines no ask()")
	}
	for part := range strings.SplitSeq(w.readme, "\n## ") {
		s := section{}
		s.title, _, _ = strings.Cut(part, "\n")
		for _, m := range blocks.FindAllStringSubmatch(part, -1) {
			s.steps = append(s.steps, step{command: m[1], output: m[2]})
		}
		if len(s.steps) > 0 {
			out = append(out, s)
		}
	}
	return out
}

// follow runs the commands of a block and compares what they print. What sends nothing to providers may have to be asked again,
// until the last that Envoy told has come there.
func (w *walk) follow(s step) {
	w.t.Helper()
	var got string
	want := masked(s.output)
	if !strings.Contains(s.command, "ask ") {
		deadline := time.Now().Add(10 * time.Second)
		for got = masked(w.sh(s.command)); got != want && time.Now().Before(deadline); {
			got = masked(w.sh(s.command))
		}
	} else {
		if strings.Contains(want, "budget minute") { // which must not end while the user is counted
			w.llmroute.await("the next minute", func() bool { return time.Now().Second() < 55 })
		}
		for line := range strings.Lines(s.command) {
			got += masked(w.sh(line))
			w.llmroute.await("what the request did cost", w.settled)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		w.t.Errorf("%s(-README +now)\n%s\nit printed:\n%s", s.command, diff, got)
	}
}

// sh runs a command as a person at the top of the repository would.
func (w *walk) sh(command string) string {
	w.t.Helper()
	if err := os.WriteFile(w.log, []byte(w.llmroute.output.String()), 0o600); err != nil {
		w.t.Fatal(err)
	}
	text := strings.NewReplacer("http://127.0.0.1:10000", w.url, "127.0.0.1:9003", w.admin, "bin/llmroute", binary,
		"examples/budgets/llmroute.yaml", w.file, ".cache/run/llmroute.log", w.log).Replace(w.functions + command)
	cmd := exec.Command("bash", "-c", text)
	cmd.Env = environment()
	out, _ := cmd.Output() // grep fails where there is nothing yet
	return string(out)
}

// masked is an output without what depends on the time of day.
func masked(text string) string {
	text = regexp.MustCompile(`(?m)^retry-after: [0-9]+$`).ReplaceAllString(text, "retry-after: N")
	return regexp.MustCompile(`begins anew at [-0-9T:Z+]+`).ReplaceAllString(text, "begins anew at T")
}

var gauge = regexp.MustCompile(`(?m)^(llmroute_budget_(spent|reserved)\{budget="(\w+)".*\}) (\S+)$`)

// settled reports whether nothing is set aside for requests under way.
func (w *walk) settled() bool {
	for _, m := range gauge.FindAllStringSubmatch(ask(w.t, "GET", "http://"+w.admin, "", "/metrics", "").body, -1) {
		if n, err := strconv.ParseFloat(m[4], 64); m[2] == "reserved" && (err != nil || n != 0) {
			return false
		}
	}
	return true
}

// spent is what accounts of more than a minute have spent.
func (w *walk) spent() map[string]string {
	out := map[string]string{}
	for _, m := range gauge.FindAllStringSubmatch(ask(w.t, "GET", "http://"+w.admin, "", "/metrics", "").body, -1) {
		if m[2] == "spent" && m[3] != "minute" {
			out[m[1]] = m[4]
		}
	}
	return out
}
