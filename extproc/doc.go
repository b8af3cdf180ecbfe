// Package extproc is llmroute's service behind Envoy's external-processing filter.
//
// Envoy calls it at two stages, which the gRPC metadata x-llmroute-stage tells apart:
//
//	route  in the ingress's filter chain, request only: scan the body, decide, answer with the body, headers and
//	       the plan. The stream then ends; neither response nor retries come back here.
//	adapt  in the adapting door of a provider, for one attempt: translate the request into what this provider takes,
//	       and the answer back if it speaks another schema. What adapt must know comes with the request, so that any
//	       replica can serve any attempt.
//
// Each stage is a few states; a state takes one message and names the next. Only wire.go sees ext_proc messages.
package extproc
