package demo

import "encoding/json"

// ask is what a request wants, whatever its schema: enough of it to compose an answer.
type ask struct {
	model  string
	stream bool
	turns  []turn
	tools  []tool
	choice toolChoice
	named  string // for chooseNamed
	single bool   // at most one call
	limit  int    // tokens of the answer, reasoning included; 0: none
	stops  []string
	format format
	schema json.RawMessage // for formatSchema
	n      int             // answers; 0: one

	reasoning int // tokens to think for
	thoughts  bool
	cacheable int // input tokens before the last cache marker
}

type role int

const (
	system role = iota // and developer
	user
	assistant
)

type turn struct {
	role    role
	text    string
	images  int
	audios  int
	files   int
	calls   []call   // of the assistant
	results []result // for the assistant
}

type tool struct {
	name   string
	schema json.RawMessage // of the arguments; nil: none
}

type call struct {
	id, name, args string // args is a JSON object
}

type result struct {
	id     string // of the call
	name   string
	text   string
	images int
	failed bool
}

type toolChoice int

const (
	chooseAuto toolChoice = iota
	chooseNone
	chooseRequired
	chooseNamed
)

type format int

const (
	formatText format = iota
	formatJSON        // any object
	formatSchema
)

// stop is why an answer ended.
type stop int

const (
	stopEnd stop = iota
	stopLength
	stopSequence
	stopCalls
	stopRefusal
	stopFilter
)

// reply is a composed answer.
type reply struct {
	choices []choice
	usage   Usage
}

type choice struct {
	thought  []string // pieces of readable thinking, for schemas that show it
	pieces   []string // of the text
	calls    []callPieces
	stop     stop
	sequence string // the stop sequence that was met
}

// callPieces is a call whose arguments come in pieces.
type callPieces struct {
	call
	pieces []string
}

// last returns the newest turn, which is the zero turn if there is none.
func (a *ask) last() turn {
	if len(a.turns) == 0 {
		return turn{}
	}
	return a.turns[len(a.turns)-1]
}

func (a *ask) media() (images, audios, files int) {
	for _, t := range a.turns {
		images += t.images
		audios += t.audios
		files += t.files
		for _, r := range t.results {
			images += r.images
		}
	}
	return images, audios, files
}
