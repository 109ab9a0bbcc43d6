package amd64

// Check is the check of a text, for tests.
func (s *Set) Check(text string) { s.check(text, nil) }
