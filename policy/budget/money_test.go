package budget

import (
	"math"
	"testing"

	"github.com/shopspring/decimal"
)

func TestMoneyIsExactAndRoundsUp(t *testing.T) {
	for text, want := range map[string]NanoUSD{
		"0": 0, "-1": 0, "0.1": 100_000_000, "0.000000001": 1, "0.0000000001": 1, "0.0000000011": 2,
		"9223372036.854775807": math.MaxInt64, "9223372036.854775808": math.MaxInt64, "1e30": math.MaxInt64,
	} {
		if got := FromDecimal(decimal.RequireFromString(text)); got != want {
			t.Errorf("%s is %d, want %d", text, got, want)
		}
	}
	for usd, want := range map[float64]NanoUSD{
		0.1: 100_000_000, 0.3: 300_000_000, 500: 500_000_000_000, 1e-9: 1, 1e20: math.MaxInt64, math.Inf(1): math.MaxInt64,
		-3: 0, math.NaN(): 0,
	} {
		if got := FromFloat(usd); got != want {
			t.Errorf("%v is %d, want %d", usd, got, want)
		}
	}
	for n, want := range map[NanoUSD]string{
		0: "0.00", 1: "0.000000001", 213_000: "0.000213", 12_500_000_000: "12.50", 100_000_000: "0.10", 1_000_000_000: "1.00", -5_000_000: "-0.005",
	} {
		if got := n.String(); got != want {
			t.Errorf("%d is written %s, want %s", n, got, want)
		}
	}
}

func TestTokensCostTheirPriceRoundedUp(t *testing.T) {
	for _, c := range []struct {
		tokens int
		price  float64
		want   NanoUSD
	}{
		{1_000_000, 0.1, 100_000_000}, {1, 0.1, 100}, {1, 0.0125, 13}, {3, 0.0125, 38}, {1, 1e-9, 1},
		{0, 5, 0}, {-5, 5, 0}, {5, 0, 0}, {5, math.NaN(), 0}, {1, math.Inf(1), math.MaxInt64},
		{math.MaxInt64, 1000, math.MaxInt64}, {1_000_000_000, 9_000_000, 9_000_000_000_000_000_000},
	} {
		if got := Cost(c.tokens, c.price); got != c.want {
			t.Errorf("%d tokens at $%v a million cost %d, want %d", c.tokens, c.price, got, c.want)
		}
	}
}

func TestAmountsDoNotOverflow(t *testing.T) {
	most := Amount{math.MaxInt64, math.MaxInt64}
	if got := most.Plus(most); got != most {
		t.Errorf("the sum is %+v", got)
	}
	if got := (Amount{5, 5}).Minus(Amount{7, 3}); got != (Amount{0, 2}) {
		t.Errorf("the difference is %+v", got)
	}
	if got := (Amount{NoLimit, 10}).Minus(Amount{7, 3}).Over(7); got != (Amount{NoLimit, 1}) {
		t.Errorf("a part without bound is bounded: %+v", got)
	}
}

// FuzzMoneyKeepsDecimals holds FromDecimal to arithmetic of the decimals themselves.
func FuzzMoneyKeepsDecimals(f *testing.F) {
	f.Add(int64(123456789), int32(-12))
	f.Add(int64(-1), int32(3))
	f.Fuzz(func(t *testing.T, coefficient int64, exponent int32) {
		if exponent > 40 || exponent < -40 {
			return
		}
		d := decimal.New(coefficient, exponent)
		got := FromDecimal(d)
		if got == math.MaxInt64 || d.Sign() <= 0 {
			return
		}
		over := got.Decimal().Sub(d)
		if over.Sign() < 0 || over.GreaterThanOrEqual(decimal.New(1, -9)) {
			t.Errorf("%s became %s", d, got.Decimal())
		}
	})
}
