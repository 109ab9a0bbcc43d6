package syntax

import "bytes"

// mostNested is how deep brackets and lists may be nested: the YAML parser takes time and
// memory that grow with the square of it. It leaves room for brackets in texts that do not
// close, as of [0, 1).
const mostNested = 1000

// Nested finds the first line, from 1, at which brackets or lists are nested deeper than
// any spec or config needs; 0 where there is none.
func Nested(text []byte) int {
	depth := 0
	for n, line := range bytes.Split(text, []byte("\n")) {
		lists := 0
		for rest := bytes.TrimLeft(line, " "); bytes.HasPrefix(rest, []byte("- ")) || bytes.HasPrefix(rest, []byte("? ")); lists++ {
			rest = bytes.TrimLeft(rest[2:], " ")
		}
		for _, c := range line {
			switch c {
			case '[', '{':
				depth++
			case ']', '}':
				depth = max(0, depth-1)
			}
			if depth+lists > mostNested {
				return n + 1
			}
		}
	}
	return 0
}
