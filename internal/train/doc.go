// Command train learns what policy/classify embeds, and prints how good it is on questions that it was not learned
// from.
//
//	go run ./internal/train -data train.jsonl            write policy/classify/weights.bin
//	go run ./internal/train -data train.jsonl -report    cross-validate first, and print the table of docs/classifier.md
//	go run ./internal/train -data train.jsonl -tasks     cross-validate the tasks alone
//
// The same data gives the same bytes: every shuffle has a fixed seed, and one goroutine does all.
package main
