package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/llmroute/llmroute/policy/catalog"
)

// modelsCmd lists what the built-in catalog knows.
type modelsCmd struct {
	Filter string `arg:"" optional:"" help:"Part of a model's or provider's name; * and ? make it a pattern. Case does not matter."`
	JSON   bool   `name:"json" help:"One JSON object a model."`
	All    bool   `help:"Also models that their provider has withdrawn."`
}

// Run writes the models to stdout; the catalog's source, the legend and what was left out go to stderr.
func (cmd *modelsCmd) Run(e *env) error {
	return cmd.list(catalog.Standard(), time.Now().UTC().Format(time.DateOnly), e.Stdout, e.Stderr)
}

func (cmd *modelsCmd) list(c *catalog.Catalog, today string, stdout, stderr io.Writer) error {
	keep, err := matcher(cmd.Filter)
	if err != nil {
		return err
	}
	var shown []catalog.Entry
	withdrawn := 0
	for _, m := range c.All() {
		switch {
		case !keep(m.Key) && !keep(m.Provider):
		case m.Retires != "" && m.Retires < today && !cmd.All:
			withdrawn++
		default:
			shown = append(shown, m)
		}
	}
	if len(shown) == 0 {
		return nothingFound(c, cmd.Filter, withdrawn)
	}
	w := bufio.NewWriter(stdout)
	if cmd.JSON {
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		for _, m := range shown {
			if err := enc.Encode(m); err != nil {
				return err
			}
		}
	} else {
		writeModels(w, shown)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	src := c.Source()
	fmt.Fprintf(stderr, "%s of %d, from %s %s, taken %s. Prices: USD per million tokens.\n",
		counted(len(shown), "model"), src.Models, src.Package, src.Version, src.Taken)
	if !cmd.JSON {
		fmt.Fprintln(stderr, legend())
	}
	if withdrawn > 0 {
		fmt.Fprintf(stderr, "%s withdrawn by the provider not shown; --all shows %s.\n",
			counted(withdrawn, "model"), itOrThem(withdrawn))
	}
	return nil
}

// matcher makes a test of names out of a filter.
func matcher(filter string) (func(name string) bool, error) {
	filter = strings.ToLower(filter)
	if !strings.ContainsAny(filter, "*?") {
		return func(name string) bool { return strings.Contains(strings.ToLower(name), filter) }, nil
	}
	// path.Match stops * at a slash, which in a model's name is nothing special.
	flat := strings.NewReplacer("/", "\x00", "[", `\[`, `\`, `\\`).Replace(filter)
	if _, err := path.Match(flat, ""); err != nil {
		return nil, fmt.Errorf("filter %q: %w", filter, err)
	}
	return func(name string) bool {
		ok, err := path.Match(flat, strings.ReplaceAll(strings.ToLower(name), "/", "\x00"))
		return ok && err == nil
	}, nil
}

func nothingFound(c *catalog.Catalog, filter string, withdrawn int) error {
	msg := fmt.Sprintf("the catalog has no model like %q", filter)
	if withdrawn > 0 {
		return fmt.Errorf("%s but %d withdrawn by the provider; --all shows %s", msg, withdrawn, itOrThem(withdrawn))
	}
	if near := c.Closest(strings.Trim(filter, "*?"), 3); len(near) > 0 {
		msg += "; closest: " + strings.Join(near, ", ")
	}
	return errors.New(msg)
}

// writeModels prints an aligned table. The model comes last, since its name may be of any length.
func writeModels(w io.Writer, shown []catalog.Entry) {
	rows := [][]string{{"PROVIDER", "CONTEXT", "MAX OUT", "IN $/M", "OUT $/M", "CACHED", "CAPABILITIES", "MODEL"}}
	for _, m := range shown {
		in, out, cached := "-", "-", "-"
		if m.PriceKnown {
			in = usd(m.Price.Input)
			if m.Mode != catalog.ModeEmbedding {
				out = usd(m.Price.Output)
			}
			if m.Price.CachedInput > 0 {
				cached = usd(m.Price.CachedInput)
			}
			if len(m.Price.Tiers) > 0 {
				in += "+"
			}
		}
		rows = append(rows, []string{shortProvider(m.Provider), tokens(m.MaxInputTokens), tokens(m.MaxOutputTokens), in, out, cached,
			letters(m.Facts), m.Key})
	}
	widths := make([]int, len(rows[0]))
	for _, r := range rows {
		for i, cell := range r {
			widths[i] = max(widths[i], len(cell))
		}
	}
	for _, r := range rows {
		last := len(r) - 1
		for i, cell := range r[:last] {
			width := widths[i]
			if i == 0 || i == last-1 {
				width = -width // words to the left, numbers to the right
			}
			fmt.Fprintf(w, "%*s  ", width, cell)
		}
		fmt.Fprintln(w, r[last])
	}
}

// shortProvider is a provider as the table shows it: without the kind of model, and cut where its key says it anyway.
func shortProvider(provider string) string {
	if name, ok := strings.CutSuffix(provider, "models"); ok {
		provider, _, _ = strings.Cut(name, "-")
	}
	const widest = 16
	if len(provider) > widest {
		return provider[:widest-1] + "~"
	}
	return provider
}

// capabilityLetters has one letter a capability, in the order of catalog.CapabilityNames.
const capabilityLetters = "tpjsvadrcwle"

// letters shows the capabilities of a model at fixed places: a letter, "-" where it is known to lack it, "." for unknown.
func letters(f catalog.Facts) string {
	b := []byte(capabilityLetters)
	for i := range b {
		one := catalog.Capabilities(1) << i
		switch {
		case f.Has.Covers(one):
		case f.Lacks.Covers(one):
			b[i] = '-'
		default:
			b[i] = '.'
		}
	}
	return string(b)
}

// legend explains the letters and signs of the table, within 100 columns.
func legend() string {
	const indent = "             "
	var b strings.Builder
	b.WriteString("Capabilities:")
	for i, name := range catalog.CapabilityNames() {
		if i == 6 {
			b.WriteString("\n" + indent)
		}
		fmt.Fprintf(&b, " %c %s,", capabilityLetters[i], name)
	}
	b.WriteString("\n" + indent + " - known to lack it, . unknown. A + after a price: another one for long inputs.")
	return b.String()
}

// tokens shortens a number of tokens to thousands or millions: 131072 is 131k.
func tokens(n int) string {
	switch {
	case n <= 0:
		return "-"
	case n < 1000:
		return strconv.Itoa(n)
	case n < 1_000_000:
		return strconv.Itoa(n/1000) + "k"
	}
	return strconv.FormatFloat(float64(n/100_000)/10, 'f', -1, 64) + "M"
}

// usd writes a price with at least two and at most four decimals.
func usd(price float64) string {
	s := strconv.FormatFloat(price, 'f', 4, 64)
	for strings.HasSuffix(s, "0") && len(s)-strings.IndexByte(s, '.') > 3 {
		s = s[:len(s)-1]
	}
	return s
}

func counted(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return strconv.Itoa(n) + " " + what
}

func itOrThem(n int) string {
	if n == 1 {
		return "it"
	}
	return "them"
}
