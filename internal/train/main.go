package main

import (
	"flag"
	"fmt"
	"io"
	"os"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "train:", err)
		os.Exit(1)
	}
}

func run(args []string, out io.Writer) error {
	flags := flag.NewFlagSet("train", flag.ContinueOnError)
	data := flags.String("data", "", "JSON lines with source, subject, prompt, weak and strong")
	write := flags.String("o", "policy/classify/weights.bin", "where the weights go")
	report := flags.Bool("report", false, "cross-validate and print the measures")
	tasks := flags.Bool("tasks", false, "cross-validate the tasks alone, write nothing")
	if err := flags.Parse(args); err != nil {
		return err
	}
	examples, err := readExamples(*data)
	if err != nil {
		return err
	}
	if *tasks {
		reportTasks(out, examples)
		return nil
	}
	exam, open := corpora(examples)
	if *report {
		reportAll(out, examples, exam, open)
	}
	w, err := weights(exam, open, examples)
	if err != nil {
		return err
	}
	bytes := w.Encode()
	fmt.Fprintf(out, "%s: %d bytes\n", *write, len(bytes))
	return os.WriteFile(*write, bytes, 0o644) //nolint:gosec // a source file
}
