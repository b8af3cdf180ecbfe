// Package schema is the neutral form between the wire formats of LLM APIs, and the two faces that a
// format shows: [Client] to those who call llmroute, [Provider] to those whom llmroute calls.
//
//	client bytes ─Client.DecodeRequest─▶ Request ─Provider.EncodeRequest─▶ provider bytes
//	client bytes ◀─Client.EncodeResponse─ Response ◀─Provider.DecodeResponse─ provider bytes
//	client bytes ◀─Encoder.Append─ []Event ◀─Decoder.Append─ provider bytes (streams)
//
// Any client face joins any provider face, so N + M pieces serve N × M pairs and none can be missing.
// One folder below holds one format. The package does no I/O and knows no clock, logger or protobuf.
package schema
