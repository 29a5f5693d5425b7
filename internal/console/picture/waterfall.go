// Package picture lays out the console's pictures: where each mark stands and
// what a reader who cannot see it is told. It is pure; templates draw.
package picture

import (
	"fmt"
	"math"
	"strings"
)

// Step is one part of the evidence, in bits.
type Step struct {
	Label string
	Bits  float64
}

// Waterfall is a picture of evidence that adds up: the prior, each step, and
// the sum.
type Waterfall struct {
	ID, Title, Description string
	Height, Zero, Foot     int
	Bars                   []Bar
}

// Bar is one row of a waterfall.
type Bar struct {
	Label, Value, Class   string
	Strong, Link          bool
	X, Y, Width, TextY    int
	LinkX, LinkY1, LinkY2 int
	from, to              float64
	fromX, toX            int
}

// The waterfall's measures; the picture is 360 wide, so that it can be read on
// a phone without being made smaller.
const (
	plotLeft  = 124
	plotRight = 310
	rowHeight = 24
)

// NewWaterfall lays out a waterfall. id makes the picture's texts unique on its
// page; prior and the steps are in bits.
func NewWaterfall(id, title string, prior float64, steps []Step) Waterfall {
	w := Waterfall{ID: id, Title: title}
	sum := prior
	w.add("Starting point", "prior", 0, prior)
	told := []string{fmt.Sprintf("before any evidence %s bits", Signed(prior))}
	for _, s := range steps {
		class := "plus"
		if s.Bits < 0 {
			class = "minus"
		}
		w.add(s.Label, class, sum, sum+s.Bits)
		sum += s.Bits
		told = append(told, fmt.Sprintf("%s %s", strings.ToLower(s.Label), Signed(s.Bits)))
	}
	w.add("Sum", "total", 0, sum)
	w.Bars[len(w.Bars)-1].Strong = true
	w.Description = fmt.Sprintf("Evidence in bits: %s. Sum %s.", strings.Join(told, ", "), Signed(sum))
	w.place()
	return w
}

func (w *Waterfall) add(label, class string, from, to float64) {
	w.Bars = append(w.Bars, Bar{Label: label, Class: class, Value: Signed(to - from), from: from, to: to})
}

func (w *Waterfall) place() {
	low, high := 0.0, 1.0
	for _, b := range w.Bars {
		low, high = min(low, b.from, b.to), max(high, b.from, b.to)
	}
	x := func(v float64) int {
		return plotLeft + int(math.Round((v-low)/(high-low)*(plotRight-plotLeft)))
	}
	w.Zero = x(0)
	for i := range w.Bars {
		b := &w.Bars[i]
		b.fromX, b.toX = x(b.from), x(b.to)
		b.X, b.Width = min(b.fromX, b.toX), max(2, max(b.fromX, b.toX)-min(b.fromX, b.toX))
		b.Y = 6 + i*rowHeight
		b.TextY = b.Y + 11
		if i > 0 {
			b.Link = true
			b.LinkX, b.LinkY1, b.LinkY2 = w.Bars[i-1].toX, w.Bars[i-1].Y+14, b.Y
		}
	}
	w.Foot = 6 + len(w.Bars)*rowHeight - 6
	w.Height = w.Foot + 6
}

// Signed writes bits with their sign and one digit after the point.
func Signed(bits float64) string {
	s := fmt.Sprintf("%+.1f", bits)
	if s == "-0.0" || s == "+0.0" {
		return "0.0"
	}
	return strings.Replace(s, "-", "−", 1)
}
