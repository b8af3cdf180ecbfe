// Package replay decides recorded requests anew, under one configuration or two, and tells what differs: which requests
// move, what that costs, and whom policies refuse or let through. Nothing is sent anywhere. The same lines,
// configurations and seed give the same report.
package replay
