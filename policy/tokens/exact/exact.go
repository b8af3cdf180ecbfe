package exact

import (
	"errors"
	"sync"

	"github.com/tiktoken-go/tokenizer/codec"
)

// MaxBytes is the longest text that is counted in one call, which bounds the time it takes.
const MaxBytes = 2 << 20

// ErrTooLong tells that a text is longer than MaxBytes: use the estimate.
var ErrTooLong = errors.New("text is too long to be counted exactly")

// o200k is loaded by the first count.
var o200k = sync.OnceValue(codec.NewO200kBase)

// Count is the number of o200k_base tokens of plain text, JSON escapes resolved. It is safe for concurrent use.
func Count(text string) (int, error) {
	if len(text) > MaxBytes {
		return 0, ErrTooLong
	}
	return o200k().Count(text)
}
