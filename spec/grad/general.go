package grad

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/dlgen/dlgen/spec/layer"
)

// generalised writes the equations with dims in place of the numbers that follow from
// them, as their author would: what a number is at dims that are larger by one tells of
// which dims it is a sum. Numbers that are none stay; fixed are the dims, NAME=VALUE, of
// which they may be made all the same, as other equations belong to larger ones.
func generalised(l *layer.Layer, derived *layer.Program, rebind func(map[string]string) (*layer.Layer, error)) (texts, fixed []string) {
	words := wordsOf(derived)
	if !slices.ContainsFunc(words, func(w string) bool { n, err := strconv.Atoi(w); return err == nil && n > 1 }) {
		return lines(words), nil
	}
	slopes := make([]map[string]int, len(words)) // of each number, by dim
	for k := range slopes {
		slopes[k] = map[string]int{}
	}
	var dims []string
	values := map[string]int{}
	all := newSearch(l, rebind).asGiven()
	for _, n := range l.Numbers {
		if !n.IsDim || !n.Given && !n.Optional {
			continue
		}
		larger := newSearch(l, rebind).asGiven()
		larger[n.Name] = strconv.Itoa(int(n.Value) + 1)
		other := wordsAt(larger, rebind)
		if !alike(words, other) {
			fixed = append(fixed, n.Name+"="+numberText(n.Value))
			continue
		}
		dims, values[n.Name], all[n.Name] = append(dims, n.Name), int(n.Value), larger[n.Name]
		for k := range words {
			if a, b, ok := numbers(words[k], other[k]); ok && a != b {
				slopes[k][n.Name] = b - a
			}
		}
	}
	check := wordsAt(all, rebind)
	if !alike(words, check) {
		return lines(words), append(fixed, given(values)...)
	}
	out := make([]string, len(words))
	for k, w := range words {
		out[k] = w
		a, b, ok := numbers(w, check[k])
		rest := a
		for _, d := range dims {
			rest -= slopes[k][d] * values[d]
			b -= slopes[k][d]
		}
		if ok && a == b && len(slopes[k]) > 0 {
			out[k] = sumOf(dims, slopes[k], rest, binds(words, k))
			if words[k-1] != " " && words[k+1] != " " {
				out[k] = strings.ReplaceAll(out[k], " ", "")
			}
		}
	}
	return lines(out), fixed
}

// given writes dims as NAME=VALUE.
func given(values map[string]int) (out []string) {
	for _, name := range slices.Sorted(maps.Keys(values)) {
		out = append(out, fmt.Sprintf("%s=%d", name, values[name]))
	}
	return out
}

// wordsAt are those of the pass that is derived at other dims, nil if there is none.
func wordsAt(given map[string]string, rebind func(map[string]string) (*layer.Layer, error)) []string {
	l, err := rebind(given)
	if err != nil {
		return nil
	}
	p, err := Derive(l)
	if err != nil {
		return nil
	}
	return wordsOf(p)
}

// wordsOf splits equations, one a line, into numbers, names and single characters.
func wordsOf(p *layer.Program) []string {
	var out []string
	for _, e := range p.Equations {
		text := []rune(layer.FormatEquation(e) + "\n")
		for i := 0; i < len(text); {
			j := i + 1
			if isWord(text[i]) {
				for j < len(text) && isWord(text[j]) {
					j++
				}
			}
			out = append(out, string(text[i:j]))
			i = j
		}
	}
	return out
}

func isWord(r rune) bool { return r == '_' || r == '.' || unicode.IsLetter(r) || unicode.IsDigit(r) }

// numbers are two words as integers.
func numbers(a, b string) (x, y int, ok bool) {
	x, errA := strconv.Atoi(a)
	y, errB := strconv.Atoi(b)
	return x, y, errA == nil && errB == nil
}

// alike reports whether texts differ in integers alone.
func alike(a, b []string) bool {
	if len(a) != len(b) {
		return false
	}
	for k := range a {
		if _, _, ok := numbers(a[k], b[k]); !ok && a[k] != b[k] {
			return false
		}
	}
	return true
}

// binds reports whether what stands beside word k takes it before a sum would be done.
func binds(words []string, k int) bool {
	before, after := "", ""
	for i := k - 1; i >= 0 && before == ""; i-- {
		before = strings.TrimSpace(words[i])
	}
	for i := k + 1; i < len(words) && after == ""; i++ {
		after = strings.TrimSpace(words[i])
	}
	return strings.ContainsAny(before, "-*/%") || strings.ContainsAny(after, "*/%")
}

// sumOf writes a sum of multiples of dims and a number.
func sumOf(dims []string, slopes map[string]int, rest int, parentheses bool) string {
	text, terms := "", 0
	add := func(k int, name string) {
		switch {
		case k == 0:
			return
		case k < 0 && text == "":
			text = "-"
		case k < 0:
			text += " - "
		case text != "":
			text += " + "
		}
		if k = max(k, -k); name == "" {
			text += strconv.Itoa(k)
		} else if k == 1 {
			text += name
		} else {
			text += strconv.Itoa(k) + "*" + name
		}
		terms++
	}
	if rest > 0 && slopes[dims[0]] < 0 {
		add(rest, "")
		rest = 0
	}
	for _, d := range dims {
		add(slopes[d], d)
	}
	add(rest, "")
	if parentheses && (terms > 1 || text[0] == '-') {
		return "(" + text + ")"
	}
	return text
}

// lines joins words to the equations that they are of.
func lines(words []string) []string {
	return strings.Split(strings.TrimSuffix(strings.Join(words, ""), "\n"), "\n")
}
