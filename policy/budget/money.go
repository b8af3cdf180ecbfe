package budget

import (
	"math"
	"math/bits"
	"strconv"

	"github.com/shopspring/decimal"
)

// NanoUSD is money in billionths of a US dollar, up to about 9.2 billion dollars. What would be more, is that.
type NanoUSD int64

// most stands for "without bound".
const most = math.MaxInt64

const nanoPerUSD = 1e9

// FromDecimal rounds up to a whole NanoUSD, so that what is spent is never thought to be less. Below zero it is zero.
func FromDecimal(usd decimal.Decimal) NanoUSD {
	nano := usd.Shift(9).Ceil()
	switch {
	case nano.Sign() <= 0:
		return 0
	case nano.GreaterThan(decimal.NewFromInt(most)):
		return most
	}
	return NanoUSD(nano.IntPart())
}

// FromFloat is the amount that the shortest decimal notation of usd says, as a configuration has it: 0.1 is exactly 0.1.
func FromFloat(usd float64) NanoUSD {
	if !(usd > 0) {
		return 0
	}
	if usd >= float64(most)/nanoPerUSD {
		return most
	}
	return FromDecimal(decimal.NewFromFloat(usd))
}

// Decimal is the exact amount.
func (n NanoUSD) Decimal() decimal.Decimal { return decimal.New(int64(n), -9) }

// USD is the amount as a float, for people and metrics.
func (n NanoUSD) USD() float64 { return float64(n) / nanoPerUSD }

// String writes dollars, at least to the cent and as exactly as needed: "12.50", "0.000213".
func (n NanoUSD) String() string { return string(n.append(nil)) }

func (n NanoUSD) append(b []byte) []byte {
	if n < 0 {
		b, n = append(b, '-'), -n
	}
	b = append(strconv.AppendInt(b, int64(n/nanoPerUSD), 10), '.')
	for rest, digits, unit := n%nanoPerUSD, 0, NanoUSD(nanoPerUSD/10); digits < 2 || rest > 0; digits++ {
		b = append(b, byte('0'+rest/unit))
		rest, unit = rest%unit, max(unit/10, 1)
	}
	return b
}

// Cost is what tokens cost at a price in USD per million, rounded up.
func Cost(tokens int, usdPerMillion float64) NanoUSD {
	if tokens <= 0 || !(usdPerMillion > 0) {
		return 0
	}
	const million = 1_000_000
	price := math.Round(usdPerMillion * nanoPerUSD) // of a million tokens; prices have far fewer digits than a float
	if price >= most {
		return most
	}
	hi, lo := bits.Mul64(uint64(tokens), uint64(price))
	lo, carry := bits.Add64(lo, million-1, 0)
	if hi += carry; hi >= million {
		return most
	}
	nano, _ := bits.Div64(hi, lo, million)
	return NanoUSD(min(nano, most))
}

// Amount is what budgets count. As a limit, NoLimit stands for a part that is not bounded.
type Amount struct {
	USD    NanoUSD
	Tokens int64
}

// NoLimit bounds nothing.
const NoLimit = most

// Plus adds. What would be above the largest number is that.
func (a Amount) Plus(b Amount) Amount {
	return Amount{NanoUSD(plus(int64(a.USD), int64(b.USD))), plus(a.Tokens, b.Tokens)}
}

// Minus subtracts; below zero there is zero, and of NoLimit nothing is taken away.
func (a Amount) Minus(b Amount) Amount {
	return Amount{NanoUSD(minus(int64(a.USD), int64(b.USD))), minus(a.Tokens, b.Tokens)}
}

// Max is the larger one, part by part.
func (a Amount) Max(b Amount) Amount { return Amount{max(a.USD, b.USD), max(a.Tokens, b.Tokens)} }

// Min is the smaller one, part by part.
func (a Amount) Min(b Amount) Amount { return Amount{min(a.USD, b.USD), min(a.Tokens, b.Tokens)} }

// Over divides each part; NoLimit stays.
func (a Amount) Over(n int64) Amount {
	out := Amount{a.USD / NanoUSD(n), a.Tokens / n}
	if a.USD == NoLimit {
		out.USD = NoLimit
	}
	if a.Tokens == NoLimit {
		out.Tokens = NoLimit
	}
	return out
}

// Within reports whether neither part is above that of limit.
func (a Amount) Within(limit Amount) bool { return a.USD <= limit.USD && a.Tokens <= limit.Tokens }

// IsZero reports whether it is nothing.
func (a Amount) IsZero() bool { return a == Amount{} }

// ShareOf is the larger part of limit that a is; 1 is all of it. Of a limit of zero, everything is all.
func (a Amount) ShareOf(limit Amount) float64 {
	return max(share(int64(a.USD), int64(limit.USD)), share(a.Tokens, limit.Tokens))
}

func share(part, whole int64) float64 {
	switch whole {
	case NoLimit:
		return 0
	case 0:
		return 1
	}
	return float64(part) / float64(whole)
}

// plus adds what is not negative.
func plus(a, b int64) int64 {
	if a > most-b {
		return most
	}
	return a + b
}

func minus(a, b int64) int64 {
	if a == NoLimit {
		return NoLimit
	}
	return max(0, a-b)
}
