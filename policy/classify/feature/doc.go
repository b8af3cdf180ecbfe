// Package feature turns a prompt into what the classifiers look at: hashes of its words, word pairs and letter groups,
// and a few dozen numbers about its form. One pass, linear time, no allocation once a [Scanner] is warm.
//
//	text → Scanner.Scan → Prompt{Words, Letters, Dense, Choices}
//
// It is pure, and the trainer and the server share it: what is learned is what is read.
package feature
