// Package status keeps what the status page shows: the last decisions, and what became of the requests of the last
// half hour, by route and model. It holds no prompt and no answer.
package status
