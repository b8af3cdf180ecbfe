package model

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/llmroute/llmroute/policy/classify/feature"
)

// Version is the first line of a weights file. It changes whenever features or shapes change their meaning.
const Version = "llmroute-classify-1\n"

// Head scores one question: the mean of three margins, each in deviations, and what makes a probability of it.
type Head struct {
	Words, Letters             Linear
	Forest                     Forest
	OfWords, OfLetters, OfTree Affine
	// Slope and Shift: probability = 1 / (1 + exp(-(Slope × mean + Shift))).
	Slope, Shift float32
}

// Mean is the mean of the three margins of p in deviations; the norms are those of its words and letters.
func (h *Head) Mean(w *Weights, p *feature.Prompt, words, letters float32) float32 {
	return (h.OfWords.Of(h.Words.Score(w.Words, p.Words, words)) +
		h.OfLetters.Of(h.Letters.Score(w.Letters, p.Letters, letters)) +
		h.OfTree.Of(h.Forest.Score(p.Dense[:]))) / 3
}

// Weights is all that was learned.
type Weights struct {
	Words, Letters Rarity
	Exam, Open     Head
	Center, Spread []float32 // mean and deviation of the dense features of the task prompts
	Tasks          []Task
}

// Encode writes w, the same bytes for the same weights.
func (w *Weights) Encode() []byte {
	e := &coder{out: bytes.NewBufferString(Version)}
	w.visit(e)
	return e.out.Bytes()
}

// Decode reads what Encode wrote.
func Decode(b []byte) (*Weights, error) {
	rest, ok := bytes.CutPrefix(b, []byte(Version))
	if !ok {
		return nil, errors.New("not a weights file of this version; run make train")
	}
	w := &Weights{}
	d := &coder{in: bytes.NewReader(rest)}
	w.visit(d)
	if d.err != nil {
		return nil, fmt.Errorf("weights file: %w", d.err)
	}
	if d.in.Len() > 0 {
		return nil, fmt.Errorf("weights file: %d bytes too many", d.in.Len())
	}
	if !bytes.Equal(w.Encode(), b) { // of the values that are no numbers, not all can be written again
		return nil, errors.New("weights file: not what Encode writes")
	}
	return w, nil
}

func (w *Weights) visit(c *coder) {
	slice(c, (*[]uint8)(&w.Words))
	slice(c, (*[]uint8)(&w.Letters))
	w.Exam.visit(c)
	w.Open.visit(c)
	slice(c, &w.Center)
	slice(c, &w.Spread)
	n := c.length(len(w.Tasks))
	if c.in != nil {
		w.Tasks = make([]Task, n)
	}
	for i := range w.Tasks {
		t := &w.Tasks[i]
		name := []uint8(t.Name)
		slice(c, &name)
		t.Name = string(name)
		t.Words.visit(c)
		t.Letters.visit(c)
		slice(c, &t.Dense)
	}
}

func (h *Head) visit(c *coder) {
	h.Words.visit(c)
	h.Letters.visit(c)
	c.value(&h.Forest.Bias)
	slice(c, &h.Forest.Trees)
	c.value(&h.OfWords)
	c.value(&h.OfLetters)
	c.value(&h.OfTree)
	c.value(&h.Slope)
	c.value(&h.Shift)
}

func (l *Linear) visit(c *coder) {
	c.value(&l.Bias)
	c.value(&l.Scale)
	slice(c, &l.W)
}

// coder writes when out is set, else reads; the first error stays.
type coder struct {
	out *bytes.Buffer
	in  *bytes.Reader
	err error
}

func (c *coder) value(v any) { // any, as encoding/binary has it: a pointer to numbers of fixed size
	switch {
	case c.err != nil:
	case c.out != nil:
		c.err = binary.Write(c.out, binary.LittleEndian, v)
	default:
		c.err = binary.Read(c.in, binary.LittleEndian, v)
	}
}

// length writes or reads a count. One that the rest of the input cannot hold is an error.
func (c *coder) length(n int) int {
	v := uint32(n) //nolint:gosec // sizes of tables
	c.value(&v)
	if c.in != nil && c.err == nil && int64(v) > int64(c.in.Len()) {
		c.err = errors.New("cut short")
	}
	if c.err != nil {
		return 0
	}
	return int(v)
}

func slice[T any](c *coder, s *[]T) {
	n := c.length(len(*s))
	if c.in != nil {
		*s = make([]T, n)
	}
	if n > 0 {
		c.value(*s)
	}
}
