package config

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/fsnotify/fsnotify"
)

// Watch calls onChange each time that the content of the file at path has changed and come to rest, until ctx
// ends; then it returns nil. It returns an error at once if the folder of path cannot be watched.
//
// The folder is watched and not the file, because editors write a new file and rename it, and Kubernetes swaps a
// symbolic link beside it. Where events get lost (network file systems, links into other folders), a look every few
// seconds finds the change. While the file is away, or cannot be read, nothing is called; when it is back, onChange is,
// whatever is in it, for a reload on request may have failed meanwhile. onChange runs on Watch's own goroutine: changes
// that come meanwhile are found afterwards.
func Watch(ctx context.Context, path string, onChange func()) error {
	w := watcher{path: path, rest: 100 * time.Millisecond, patience: time.Second, look: 3 * time.Second}
	return w.run(ctx, onChange)
}

type watcher struct {
	path     string
	rest     time.Duration // without events, before the file is read
	patience time.Duration // with events that never end, before it is read all the same
	look     time.Duration // between looks without any event

	seen   [sha256.Size]byte // digest of the content that was reported last
	away   bool              // the file could not be read when it was looked at last
	asleep bool              // no notification is to be had: only looks
}

func (w *watcher) run(ctx context.Context, onChange func()) error {
	w.seen, _ = w.digest()
	dir := filepath.Dir(w.path)
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("watch %s: there is no such folder", dir)
	}
	notify := &fsnotify.Watcher{} // which never has anything to say
	if !w.asleep {
		var err error
		if notify, err = fsnotify.NewWatcher(); err != nil {
			notify, w.asleep = &fsnotify.Watcher{}, true // the system's limit of watchers is met
		} else {
			defer notify.Close()
			_ = notify.Add(dir) // if this fails, looks must do
		}
	}

	look := time.NewTicker(w.look)
	defer look.Stop()
	rest := time.NewTimer(w.rest)
	rest.Stop()
	defer rest.Stop()
	var since time.Time // of the first event that was not acted on; zero: none
	stir := func() {
		now := time.Now()
		if since.IsZero() {
			since = now
		}
		if now.Sub(since) < w.patience {
			rest.Reset(w.rest)
		}
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-notify.Events:
			stir()
		case <-notify.Errors: //nolint:errcheck // events were lost, whatever it says
			stir()
		case <-look.C:
			if !w.asleep {
				_ = notify.Add(dir) // the folder may have been made anew
			}
			if _, news := w.news(); news {
				stir() // it may be half written
			}
		case <-rest.C:
			since = time.Time{}
			if d, news := w.news(); news {
				w.seen, w.away = d, false
				onChange()
			}
		}
	}
}

// news reports whether there is something to tell of, with the digest of what the file holds now.
func (w *watcher) news() (sum [sha256.Size]byte, news bool) {
	sum, ok := w.digest()
	if !ok {
		w.away = true
	}
	return sum, ok && (w.away || sum != w.seen)
}

// digest is of what the file holds now; ok is false if it cannot be read.
func (w *watcher) digest() (sum [sha256.Size]byte, ok bool) {
	data, err := readFile(w.path)
	if err != nil {
		return sum, false
	}
	return sha256.Sum256(data), true
}
