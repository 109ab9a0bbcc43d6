package machine

// A cache has sets of a few lines each; which set a line is in follows from its
// address. Pages are anywhere in memory, so that half of the second cache's
// ways is what one may count on.
const (
	FirstSets, FirstWays   = 64, 8
	SecondSets, SecondWays = 2048, 4
)

// PageFloats is the floats in a page. A machine remembers the addresses of KnownPages beside
// others, and finds ForeseenPages without a search.
const (
	PageFloats    = 4096 / 4
	KnownPages    = 48
	ForeseenPages = 1024
)

// A machine foresees which lines come next in a page, in ForeseenRows pages at the same time:
// those of places up to ForeseenApart floats apart, which a step reads one after the other, and
// into the first cache those that an instruction goes on to by up to ForeseenStep bytes each time.
const (
	ForeseenRows  = 8
	ForeseenApart = 4 * LineFloats
	ForeseenStep  = 1024
)

// What arrives from beyond the second cache is asked for AheadCycles before its time. A line of a
// result that does not come next to the one before it takes StoreWait cycles: stores leave in
// order, and each waits for its line.
const (
	AheadCycles = 420
	StoreWait   = 14
)
