package layer

// Opposite and Mirrored give, for each comparison, the one that holds where it does not,
// and the one that says the same with its sides exchanged.
var (
	Opposite = map[string]string{"<": ">=", ">=": "<", ">": "<=", "<=": ">", "==": "!=", "!=": "=="}
	Mirrored = map[string]string{"<": ">", ">": "<", "<=": ">=", ">=": "<=", "==": "==", "!=": "!="}
)

// Joined lists the conditions that c joins by op, && or ||, c itself where it joins none.
func Joined(c Cond, op string) []Cond {
	if l, ok := c.(*Logic); ok && l.Op == op {
		return append(Joined(l.X, op), Joined(l.Y, op)...)
	}
	return []Cond{c}
}
