package layer

import "strings"

// Wrap breaks the text of an equation into lines that are read without
// scrolling, and that still are an equation: each but the last ends in a comma or
// an operator. It prefers the places that the fewest parentheses surround.
func Wrap(text string) []string {
	const (
		width  = 120
		indent = "    "
	)
	var out []string
	for len(text) > width {
		depth, least, at := 0, 1<<30, 0
		for i := range width {
			switch text[i] {
			case '(', '[':
				depth++
			case ')', ']':
				depth--
			case ' ':
				if i > width/6 && depth <= least && breaks(text[:i]) {
					least, at = depth, i
				}
			}
		}
		if at == 0 {
			break
		}
		out = append(out, text[:at])
		text = indent + text[at+1:]
	}
	return append(out, text)
}

// breaks reports whether a line may end here.
func breaks(line string) bool {
	for _, end := range []string{",", " +", " -", "&&", "||"} {
		if strings.HasSuffix(line, end) {
			return true
		}
	}
	return false
}
