package model

import "github.com/llmroute/llmroute/policy/classify/feature"

// MaxTasks is how many tasks a Scorer can tell apart.
const MaxTasks = 16

// Scorer scores all tasks at once, as [Task.Score] does one by one: their weights of a bucket lie side by side, so that a
// prompt's buckets are looked up once, and are added four in one go.
type Scorer struct {
	tasks          []Task
	words, letters []row
}

// row has one byte a task, its weight + 128, the first task lowest.
type row [MaxTasks / 8]uint64

// NewScorer takes the first [MaxTasks] tasks.
func NewScorer(tasks []Task) *Scorer {
	s := &Scorer{tasks: tasks[:min(len(tasks), MaxTasks)]}
	for i := range s.tasks {
		s.words = lay(s.words, i, tasks[i].Words.W)
		s.letters = lay(s.letters, i, tasks[i].Letters.W)
	}
	return s
}

// lay puts one task's weights into rows.
func lay(rows []row, task int, weights []int8) []row {
	if rows == nil {
		rows = make([]row, len(weights))
	}
	for b, w := range weights[:min(len(weights), len(rows))] {
		rows[b][task/8] |= uint64(uint8(w)^0x80) << (task % 8 * 8)
	}
	return rows
}

// Scores fills out with each task's margin.
func (s *Scorer) Scores(p *feature.Prompt, n *Norm, out []float32) {
	words, letters := sums(s.words, p.Words), sums(s.letters, p.Letters)
	for i := range s.tasks {
		out[i] = s.tasks[i].margin(words[i], letters[i], n)
	}
}

// sums adds up each task's weights of these buckets.
func sums(rows []row, buckets []uint32) (out [MaxTasks]int32) {
	const most = 0xFFFF / 0xFF // that sixteen bits hold the sum of
	for len(buckets) > 0 {
		part := buckets[:min(len(buckets), most)]
		buckets = buckets[len(part):]
		var even, odd row // sixteen bits a task
		for _, b := range part {
			r := &rows[b>>TaskFold]
			for k, x := range r {
				even[k] += x & 0x00FF00FF00FF00FF
				odd[k] += x >> 8 & 0x00FF00FF00FF00FF
			}
		}
		for task := range out {
			lanes := &even
			if task%2 == 1 {
				lanes = &odd
			}
			out[task] += int32(uint16(lanes[task/8]>>(task%8/2*16))) - int32(0x80*len(part))
		}
	}
	return out
}
