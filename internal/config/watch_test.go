package config

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// watching runs w on path until the test ends and returns what each onChange saw in the file.
func watching(t *testing.T, w watcher) <-chan string {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	changes, ended := make(chan string, 100), make(chan error, 1)
	go func() {
		ended <- w.run(ctx, func() {
			data, _ := os.ReadFile(w.path)
			changes <- string(data)
		})
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return changes
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// expect waits until a change is seen. A watcher that is not up yet does not see what comes before, so the change is
// made again, with another content each time.
func expect(t *testing.T, changes <-chan string, change func(text string)) {
	t.Helper()
	made := map[string]bool{}
	for i := range 100 {
		text := fmt.Sprint("new", i)
		made[text] = true
		change(text)
		select {
		case got := <-changes:
			if !made[got] {
				t.Fatalf("saw %q, which no change made", got)
			}
			return
		case <-time.After(300 * time.Millisecond):
		}
	}
	t.Fatal("no change was ever seen")
}

func TestWatchSeesEachWayToChangeAFile(t *testing.T) {
	const never = time.Hour
	events := func(path string) watcher {
		return watcher{path: path, rest: 50 * time.Millisecond, patience: time.Second, look: never}
	}
	for name, run := range map[string]func(t *testing.T, dir string){
		"written in place": func(t *testing.T, dir string) {
			path := filepath.Join(dir, "c.yaml")
			write(t, path, "old")
			expect(t, watching(t, events(path)), func(text string) { write(t, path, text) })
		},
		"a new file renamed over it": func(t *testing.T, dir string) {
			path := filepath.Join(dir, "c.yaml")
			write(t, path, "old")
			expect(t, watching(t, events(path)), func(text string) {
				write(t, path+"~", text)
				rename(t, path+"~", path)
			})
		},
		"removed and made anew": func(t *testing.T, dir string) {
			path := filepath.Join(dir, "c.yaml")
			write(t, path, "old")
			expect(t, watching(t, events(path)), func(text string) {
				if err := os.Remove(path); err != nil {
					t.Error(err)
				}
				write(t, path, text)
			})
		},
		"a symbolic link swapped beside it, as Kubernetes does": func(t *testing.T, dir string) {
			path := filepath.Join(dir, "c.yaml")
			swap := func(text string) {
				mounted := filepath.Join(dir, "..mounted-"+text)
				if err := os.Mkdir(mounted, 0o700); err != nil {
					t.Fatal(err)
				}
				write(t, filepath.Join(mounted, "c.yaml"), text)
				symlink(t, filepath.Base(mounted), filepath.Join(dir, "..data_tmp"))
				rename(t, filepath.Join(dir, "..data_tmp"), filepath.Join(dir, "..data"))
			}
			swap("old")
			symlink(t, filepath.Join("..data", "c.yaml"), path)
			expect(t, watching(t, events(path)), swap)
		},
		"changed where no event comes from": func(t *testing.T, dir string) {
			path, far := filepath.Join(dir, "c.yaml"), filepath.Join(t.TempDir(), "far.yaml")
			write(t, far, "old")
			symlink(t, far, path)
			w := watcher{path: path, rest: 20 * time.Millisecond, patience: time.Second, look: 50 * time.Millisecond}
			expect(t, watching(t, w), func(text string) { write(t, far, text) })
		},
		"changed where the system has no notifications left": func(t *testing.T, dir string) {
			path := filepath.Join(dir, "c.yaml")
			write(t, path, "old")
			w := watcher{path: path, rest: 20 * time.Millisecond, patience: time.Second, look: 50 * time.Millisecond, asleep: true}
			expect(t, watching(t, w), func(text string) { write(t, path, text) })
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run(t, t.TempDir())
		})
	}
}

func TestWatchKeepsStillWhenTheContentIsTheSame(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c.yaml")
	write(t, path, "old")
	changes := watching(t, watcher{path: path, rest: 20 * time.Millisecond, patience: time.Second, look: 30 * time.Millisecond})
	for range 5 {
		write(t, path+"~", "old")
		rename(t, path+"~", path)
		write(t, path+".other", "neighbour")
	}
	// The next change is the first that is reported.
	expect(t, changes, func(text string) { write(t, path, text) })
}

// A reload that was asked for while the file was away has failed, and only another one shows that all is well again.
func TestWatchTellsOfAFileThatIsBackAsItWas(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c.yaml")
	write(t, path, "old")
	changes := watching(t, watcher{path: path, rest: 10 * time.Millisecond, patience: time.Second, look: 20 * time.Millisecond})
	for range 100 {
		rename(t, path, path+".away")
		select {
		case got := <-changes:
			t.Fatalf("told of %q while there was no file", got)
		case <-time.After(100 * time.Millisecond):
		}
		rename(t, path+".away", path)
		select {
		case got := <-changes:
			if got != "old" {
				t.Errorf("saw %q", got)
			}
			return
		case <-time.After(300 * time.Millisecond):
		}
	}
	t.Fatal("nothing was ever told")
}

func TestWatchOfAFolderThatIsNotThereFails(t *testing.T) {
	err := Watch(context.Background(), filepath.Join(t.TempDir(), "none", "c.yaml"), func() {})
	if err == nil {
		t.Error("no error")
	}
}

func rename(t *testing.T, from, to string) {
	t.Helper()
	if err := os.Rename(from, to); err != nil {
		t.Error(err)
	}
}

func symlink(t *testing.T, to, at string) {
	t.Helper()
	if err := os.Symlink(to, at); err != nil {
		t.Fatal(err)
	}
}
