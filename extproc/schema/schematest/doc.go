// Package schematest is what the tests of all schemas share: golden transcripts, documents compared as JSON, and streams
// cut anywhere. It knows the neutral form alone, and no schema.
//
//	testdata/*.txtar ──▶ Transcripts ──▶ the face under test ──▶ Transcript.JSON, Value, Text: compared, or written anew
package schematest
