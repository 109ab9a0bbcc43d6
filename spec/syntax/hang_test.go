package syntax
import ("testing";"time";"github.com/dlgen/dlgen/spec/library")
func FuzzHang(f *testing.F) {
	f.Add(sample)
	for _, name := range library.Names() {
		text, _ := library.Text(name)
		f.Add(string(text))
	}
	f.Fuzz(func(t *testing.T, text string) {
		done := make(chan bool)
		go func() { Parse("a.yaml", []byte(text)); close(done) }()
		select { case <-done: case <-time.After(2*time.Second): panic("hang") }
	})
}
