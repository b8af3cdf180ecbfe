package policy

// Error says why no plan could be made. The Decision that comes with it holds every verdict.
type Error struct {
	Code    Code
	Message string // names what removed each candidate, and what to do
	Policy  string // the policy that refused, if one did
	Param   string // the request field at fault, if one is
}

func (e *Error) Error() string { return string(e.Code) + ": " + e.Message }

// Code is a stable word for programs.
type Code string

// The codes, each with the HTTP status that clients see.
const (
	ModelNotFound      Code = "model_not_found"         // 404: no model, alias or route of that name
	RouteNotFound      Code = "route_not_found"         // 404: route/<name>, or Envoy's metadata, names none
	PolicyDenied       Code = "policy_denied"           // 403: policies leave no candidate, or reject the request
	ContextTooLong     Code = "context_length_exceeded" // 400: the prompt fits no candidate
	InputLimit         Code = "input_limit_exceeded"    // 400: a policy bounds input tokens or images
	Unsupported        Code = "unsupported_by_models"   // 400: no candidate has the capabilities
	TooExpensive       Code = "cost_limit_exceeded"     // 400: every candidate is above the cost ceiling
	NoHealthyCandidate Code = "no_healthy_provider"     // 503
	NoCandidate        Code = "no_candidate"            // 400: several reasons at once
	InvalidStrategy    Code = "invalid_strategy"        // 400: x-llmroute-strategy names none
)
