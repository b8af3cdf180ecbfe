package examples_test

import (
	"context"
	"debug/elf"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"

	"github.com/llmroute/llmroute/internal/envoytest"
)

// composition loads docker-compose.yml, which the loader checks against the compose specification.
func composition(t *testing.T) *types.Project {
	t.Helper()
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	project, err := loader.LoadWithContext(context.Background(), types.ConfigDetails{
		WorkingDir:  root,
		ConfigFiles: []types.ConfigFile{{Filename: filepath.Join(root, "docker-compose.yml")}},
		Environment: types.Mapping{"BETA_API_KEY": "from-the-environment"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return project
}

func TestTheComposeFileIsSoundAndCautious(t *testing.T) {
	project := composition(t)
	if len(project.Services) != 4 {
		t.Errorf("%d services", len(project.Services))
	}
	users := map[string]bool{}
	for name, s := range project.Services {
		users[s.User] = true
		if s.User == "" || strings.HasPrefix(s.User, "0") || strings.HasPrefix(s.User, "root") {
			t.Errorf("%s runs as %q", name, s.User)
		}
		if !s.ReadOnly || !slices.Contains(s.CapDrop, "ALL") || s.Privileged {
			t.Errorf("%s may do more than it needs", name)
		}
		if _, tag, _ := strings.Cut(s.Image, ":"); tag == "" || tag == "latest" {
			t.Errorf("%s: the image %s is not pinned", name, s.Image)
		}
		for _, p := range s.Ports {
			if p.HostIP != "127.0.0.1" {
				t.Errorf("%s: port %s is published on %q", name, p.Published, p.HostIP)
			}
		}
		for dependency := range s.DependsOn {
			if _, ok := project.Services[dependency]; !ok {
				t.Errorf("%s depends on %s, which is not there", name, dependency)
			}
		}
	}
	if len(users) != 1 {
		t.Errorf("secret files are for one user, but services run as %v", users)
	}
}

// local runs services of a composition as processes of this machine: what would be a container's address is a free port
// here, and what would be its file is one in a folder of the test.
type local struct {
	t       *testing.T
	project *types.Project
	ports   map[string]string // of the composition to an address here
	dir     string            // stands for the volume and the mounted files
}

var address = regexp.MustCompile(`\b(0\.0\.0\.0|127\.0\.0\.1|[a-z]+):(\d{4,5})\b`)

// here replaces addresses and paths in a text.
func (l *local) here(text string) string {
	text = address.ReplaceAllStringFunc(text, func(s string) string {
		m := address.FindStringSubmatch(s)
		if _, service := l.project.Services[m[1]]; !service && m[1] != "0.0.0.0" && m[1] != "127.0.0.1" {
			l.t.Errorf("%s names no service", s)
		}
		if l.ports[m[2]] == "" {
			l.ports[m[2]] = envoytest.FreeAddr(l.t)
		}
		return l.ports[m[2]]
	})
	text = strings.ReplaceAll(text, "/var/lib/llmroute", filepath.Join(l.dir, "state"))
	return strings.ReplaceAll(text, "/etc/llmroute/", l.dir+"/")
}

// command is a service's entrypoint and command.
func (l *local) command(name string, entrypoint ...string) *exec.Cmd {
	s, err := l.project.GetService(name)
	if err != nil {
		l.t.Fatal(err)
	}
	args := slices.Clone(entrypoint[1:])
	for _, a := range s.Command {
		args = append(args, l.here(a))
	}
	cmd := exec.Command(entrypoint[0], args...)
	cmd.Env = environment("HOME=" + l.dir)
	for key, value := range s.Environment {
		if value != nil {
			cmd.Env = append(cmd.Env, key+"="+*value)
		}
	}
	return cmd
}

// mount puts a service's configuration files where its command looks for them.
func (l *local) mount(name string) {
	s, err := l.project.GetService(name)
	if err != nil {
		l.t.Fatal(err)
	}
	for _, c := range s.Configs {
		text := l.here(read(l.t, l.project.Configs[c.Source].File))
		if err := os.WriteFile(l.here(c.Target), []byte(text), 0o644); err != nil {
			l.t.Fatal(err)
		}
	}
}

func TestTheComposeFilesCommandsServeARequest(t *testing.T) {
	l := &local{t: t, project: composition(t), ports: map[string]string{}, dir: t.TempDir()}
	if err := os.Mkdir(filepath.Join(l.dir, "state"), 0o755); err != nil {
		t.Fatal(err)
	}
	if image, err := readDockerfile(); err != nil || !slices.Equal(image["ENTRYPOINT"], []string{`["/usr/local/bin/llmroute"]`}) {
		t.Errorf("the image starts %s, %v", image["ENTRYPOINT"], err)
	}
	for _, s := range []string{"llmroute", "configure"} {
		l.mount(s)
	}

	providers := launch(t, l.command("providers", binary))
	providers.await("demo: ready", func() bool { return strings.Contains(providers.output.String(), "demo: ready") })
	llmroute := launch(t, l.command("llmroute", binary))
	llmroute.await("readiness", func() bool { return answers("http://" + l.ports["9003"] + "/readyz") })
	if out, err := l.command("configure", binary).CombinedOutput(); err != nil {
		t.Fatalf("configure: %v: %s", err, out)
	}
	envoyService, err := l.project.GetService("envoy")
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(envoyService.Entrypoint, []string{"/usr/local/bin/envoy"}) {
		t.Errorf("Envoy's image starts %v", envoyService.Entrypoint)
	}
	version, err := exec.Command(envoytest.Binary(t), "--version").Output()
	if _, tag, _ := strings.Cut(envoyService.Image, "distroless-v"); err != nil || !strings.Contains(string(version), "/"+tag+"/") {
		t.Errorf("the composition has %s, these tests %s (%v)", envoyService.Image, version, err)
	}
	envoy := launch(t, l.command("envoy", envoytest.Binary(t)))

	published := l.ports[envoyService.Ports[0].Published]
	if published == "" || envoyService.Ports[0].Target != 10000 {
		t.Fatalf("the published port is %+v", envoyService.Ports[0])
	}
	envoy.await("an answer", func() bool {
		resp, err := client.Get("http://" + published + "/v1/models")
		if err != nil {
			return false
		}
		defer resp.Body.Close()
		return resp.StatusCode == 200
	})
	chat := func(model string) answer {
		return ask(t, "POST", "http://"+published, "", "/v1/chat/completions", strings.Replace(hello, "auto", model, 1))
	}
	expect(t, chat("auto"), 200, "default", "gpt-5-mini", "alpha", "1")
	expect(t, chat("claude-haiku-4-5"), 200, "model", "claude-haiku-4-5", "beta", "1")

	key := read(t, filepath.Join(l.dir, "state", "secrets", "beta.yaml"))
	if !strings.Contains(key, "from-the-environment") {
		t.Error("the key of the environment did not come through")
	}
	llmroute.end(syscall.SIGTERM)
	if code := llmroute.cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("llmroute ended with %d", code)
	}
}

func TestTheImageIsStaticAndNotRoots(t *testing.T) {
	image, err := readDockerfile()
	if err != nil {
		t.Fatal(err)
	}
	if got := image["USER"]; !slices.Equal(got, []string{"65532:65532"}) {
		t.Errorf("the image's user is %v", got)
	}
	for _, from := range image["FROM"] {
		name, _, _ := strings.Cut(from, " ")
		if _, tag, _ := strings.Cut(name, ":"); tag == "" || tag == "latest" {
			t.Errorf("%s is not pinned", name)
		}
	}
	version, err := exec.Command(binary, "version").Output()
	if err != nil || !strings.HasPrefix(string(version), "llmroute v-of-the-test ") {
		t.Errorf("%v: %s", err, version)
	}
	file, err := elf.Open(binary)
	if err != nil {
		t.Skipf("no ELF here, as in the image: %v", err)
	}
	defer file.Close()
	for _, p := range file.Progs {
		if p.Type == elf.PT_INTERP {
			t.Error("the binary needs a dynamic loader")
		}
	}
}
