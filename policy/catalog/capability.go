package catalog

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Capabilities is a set of capabilities.
type Capabilities uint32

// The capabilities, as the configuration names them.
const (
	Tools Capabilities = 1 << iota
	ParallelTools
	JSONMode
	JSONSchema
	Vision
	Audio
	PDF
	Reasoning
	PromptCache
	WebSearch
	Logprobs
	Embeddings
)

// capabilityNames are in the order of the bits.
var capabilityNames = [...]string{
	"tools", "parallel_tools", "json_mode", "json_schema", "vision", "audio", "pdf", "reasoning", "prompt_cache",
	"web_search", "logprobs", "embeddings",
}

// ParseCapability returns the capability of that name.
func ParseCapability(name string) (Capabilities, bool) {
	for i, n := range capabilityNames {
		if n == name {
			return 1 << i, true
		}
	}
	return 0, false
}

// CapabilityNames returns every name, in the order in which Names lists them.
func CapabilityNames() []string { return append([]string(nil), capabilityNames[:]...) }

// Names returns the names of the set; empty, not nil, for the empty set.
func (c Capabilities) Names() []string {
	names := make([]string, 0, len(capabilityNames))
	for i, n := range capabilityNames {
		if c&(1<<i) != 0 {
			names = append(names, n)
		}
	}
	return names
}

// String returns the names separated by spaces.
func (c Capabilities) String() string { return strings.Join(c.Names(), " ") }

// Covers reports whether c holds all of need.
func (c Capabilities) Covers(need Capabilities) bool { return need&^c == 0 }

// MarshalJSON writes the array of names.
func (c Capabilities) MarshalJSON() ([]byte, error) { return json.Marshal(c.Names()) }

// UnmarshalJSON reads an array of names. An unknown name is an error.
func (c *Capabilities) UnmarshalJSON(b []byte) error {
	var names []string
	if err := json.Unmarshal(b, &names); err != nil {
		return err
	}
	set := Capabilities(0)
	for _, n := range names {
		one, ok := ParseCapability(n)
		if !ok {
			return fmt.Errorf("unknown capability %q", n)
		}
		set |= one
	}
	*c = set
	return nil
}
