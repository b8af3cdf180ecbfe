// Package recording keeps what decisions looked at, so that `llmroute replay` can make them anew under another
// configuration. A sampled request becomes one line of JSON in a file, and, once it has ended, a second one of the same
// id with what it used.
//
// Nothing here may hold up a request: what a line needs is taken over, the line is made and written in the background,
// and when too much waits, requests go unrecorded and are counted. Credentials are never written.
package recording
