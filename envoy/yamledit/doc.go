// Package yamledit inserts into a YAML text and leaves every other byte as it was: comments, blank lines, quotes.
// It knows YAML and nothing of what the text is about.
package yamledit
