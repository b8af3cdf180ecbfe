// Package usage tells what each request used and cost. It joins what Envoy's access log says of a request, and of the
// adapting doors that it went through, into one [Record], which the ledger, the budgets and the metrics take.
package usage
