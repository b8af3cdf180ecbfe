package tokens

import (
	"math"
	"strings"
)

// Detail is how closely the client asks a model to look at an image.
type Detail uint8

// Details as OpenAI's `detail` and Gemini's `mediaResolution` have them.
const (
	DetailAuto Detail = iota // also when not said
	DetailLow
	DetailMedium
	DetailHigh
)

// UnknownImage is what an image of unknown size counts as: that of 1024 by 1024 pixels at OpenAI and Anthropic is near it.
const UnknownImage = 1000

// Image is what is known of an image in a request.
type Image struct {
	Width, Height int // pixels; 0: unknown
	Detail        Detail
}

// ImageRule is how a family of models counts images. The zero value is for a model of which nothing is known yet: as
// Claude, or as OpenAI where the client asks for low detail.
type ImageRule struct {
	tokens func(width, height int, detail Detail) int
}

// families lists families by a prefix of the model's name, its maker's path and cloud's region cut off; the longest
// prefix first. Sources: OpenAI, guide "Images and vision", section "Calculating costs"; Anthropic, "Vision", section
// "Calculate image costs"; Gemini API, "Understand and count tokens" and "Media resolution".
var families = []struct {
	prefix string
	rule   ImageRule
}{
	{"gpt-4o-mini", tiles(2833, 5667)},
	{"gpt-4.1-mini", patches(1.62)},
	{"gpt-4.1-nano", patches(2.46)},
	{"gpt-5-mini", patches(1.62)},
	{"gpt-5-nano", patches(2.46)},
	{"o4-mini", patches(1.72)},
	{"gpt-5", tiles(70, 140)},
	{"o1", tiles(75, 150)},
	{"o3", tiles(75, 150)},
	{"computer-use", tiles(65, 129)},
	{"gpt-", tiles(85, 170)},
	{"claude", ImageRule{byArea}},
	{"gemini-3", ImageRule{byResolution}},
	{"gemini", ImageRule{byCrops}},
}

// ImageRuleOf is the rule of the model of that name.
func ImageRuleOf(model string) ImageRule {
	model = family(model)
	for _, f := range families {
		if strings.HasPrefix(model, f.prefix) {
			return f.rule
		}
	}
	return ImageRule{}
}

// lowDetail is what OpenAI's models take an image of low detail for, about.
const lowDetail = 85

// Tokens is what the image counts as.
func (r ImageRule) Tokens(i Image) int {
	switch {
	case r.tokens == nil && i.Detail == DetailLow:
		return lowDetail
	case i.Width > 0 && i.Height > 0 && i.Width <= maxSide && i.Height <= maxSide:
		if r.tokens == nil {
			return byArea(i.Width, i.Height, i.Detail)
		}
		return r.tokens(i.Width, i.Height, i.Detail)
	case r.tokens != nil && i.Detail == DetailLow: // as little as any size comes to
		return min(UnknownImage, r.tokens(1024, 1024, DetailLow))
	}
	return UnknownImage
}

// maxSide is the longest side that is believed; formulas need no more.
const maxSide = 1 << 20

// family cuts off what clouds put before a model's name: "anthropic/claude-…", "eu.anthropic.claude-…", "models/gemini-…".
func family(model string) string {
	model = strings.ToLower(model)
	if i := strings.LastIndexByte(model, '/'); i >= 0 {
		model = model[i+1:]
	}
	if i := strings.Index(model, "claude"); i > 0 {
		model = model[i:]
	}
	return model
}

// tiles: scaled down to fit 2048 by 2048, then to a shorter side of 768; a base and so much a tile of 512. Low detail is
// the base alone.
func tiles(base, tile int) ImageRule {
	return ImageRule{func(width, height int, detail Detail) int {
		if detail == DetailLow {
			return base
		}
		w, h := float64(width), float64(height)
		if long := max(w, h); long > 2048 {
			w, h = w*2048/long, h*2048/long
		}
		if short := min(w, h); short > 768 {
			w, h = w*768/short, h*768/short
		}
		return base + tile*int(math.Ceil(w/512-1e-9)*math.Ceil(h/512-1e-9))
	}}
}

// patches: one token a patch of 32 by 32, at most 1536 after scaling down, times what the model multiplies by.
func patches(times float64) ImageRule {
	const most, side = 1536, 32
	return ImageRule{func(width, height int, _ Detail) int {
		w, h := float64(width)/side, float64(height)/side
		n := math.Ceil(w) * math.Ceil(h)
		if n > most {
			shrink := math.Sqrt(most / (w * h))
			if w*shrink >= 1 && h*shrink >= 1 {
				shrink *= min(math.Floor(w*shrink)/(w*shrink), math.Floor(h*shrink)/(h*shrink))
			}
			n = min(most, math.Ceil(w*shrink-1e-9)*math.Ceil(h*shrink-1e-9))
		}
		return int(math.Ceil(n * times))
	}}
}

// byArea: width × height / 750, after scaling down to a longer side of 1568 and to about 1,600 tokens.
func byArea(width, height int, _ Detail) int {
	w, h := float64(width), float64(height)
	if long := max(w, h); long > 1568 {
		w, h = w*1568/long, h*1568/long
	}
	return max(1, min(1600, int(math.Ceil(w*h/750))))
}

// byCrops: 258 if no side is above 384, else 258 a crop of 768 by 768.
func byCrops(width, height int, detail Detail) int {
	if width <= 384 && height <= 384 || detail == DetailLow {
		return 258
	}
	return 258 * ((width + 767) / 768) * ((height + 767) / 768)
}

// byResolution: a budget by the resolution asked for, whatever the size.
func byResolution(_, _ int, detail Detail) int {
	switch detail {
	case DetailLow:
		return 280
	case DetailMedium:
		return 560
	default:
		return 1120
	}
}
