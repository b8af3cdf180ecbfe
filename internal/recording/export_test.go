package recording

// For tests.
const MaxJobs = maxJobs

var (
	Secret   = secret
	Internal = internal
)
