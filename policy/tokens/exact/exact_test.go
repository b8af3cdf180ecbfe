package exact

import (
	"errors"
	"strings"
	"sync"
	"testing"
)

func TestCountIsThatOfTheTokenizer(t *testing.T) {
	for text, want := range map[string]int{"": 0, "hello world": 2, "Hello, world!": 4} {
		if got, err := Count(text); err != nil || got != want {
			t.Errorf("%q: %d, %v; want %d", text, got, err, want)
		}
	}
}

func TestCountsRunConcurrently(t *testing.T) {
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if n, err := Count(strings.Repeat("word ", 1000)); err != nil || n < 1000 {
				t.Errorf("%d, %v", n, err)
			}
		})
	}
	wg.Wait()
}

func TestLongTextsAreRefused(t *testing.T) {
	if _, err := Count(strings.Repeat("a", MaxBytes+1)); !errors.Is(err, ErrTooLong) {
		t.Error(err)
	}
}
