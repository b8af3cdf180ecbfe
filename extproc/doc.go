// Package extproc is llmroute's service behind Envoy's external-processing filter.
//
// Envoy calls it at three stages, which the gRPC metadata x-llmroute-stage tells apart:
//
//	route  in the ingress's filter chain, request only: scan the body, decide, answer with the body, headers and
//	       the plan. The stream then ends; neither response nor retries come back here.
//	answer there too, for answers alone, and only those to requests that route has translated because their plan has
//	       one entry. What it must know comes with the answer.
//	adapt  in the adapting door of a provider, for one attempt: translate the request into what this provider takes,
//	       and the answer back if it speaks another schema. What adapt must know comes with the request, so that any
//	       replica can serve any attempt.
//
// Each stage is a few states; a state takes one message and names the next. Only wire.go sees ext_proc messages.
package extproc
