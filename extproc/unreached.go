package extproc

import (
	"net/http"
	"strconv"

	"github.com/llmroute/llmroute/extproc/schema"
)

// localHeader is set by a door on errors of Envoy's own, in place of an answer of the provider's.
const localHeader = "x-llmroute-local"

// unreachedBy gives each code in localHeader its meaning. They are the codes and words with which Envoy answers where no door
// is on the way.
var unreachedBy = map[string]schema.Error{
	"no_healthy_provider": {Kind: schema.KindUnavailable, Message: "no provider can be reached at the moment; try again later"},
	"timeout":             {Kind: schema.KindTimeout, Message: "no provider answered in time; try again later"},
	"bad_gateway":         {Kind: schema.KindBadGateway, Message: "a provider's answer is not HTTP, or broke off before its body; try again later"},
}

// unreached is what an error of Envoy's own says; nil: the answer is the provider's. A provider that sets the header itself can
// only word its own errors so.
func unreached(head headers) *schema.Error {
	code := head.get(localHeader)
	e, known := unreachedBy[code]
	status, _ := strconv.Atoi(head.get(":status"))
	if !known || status < http.StatusInternalServerError {
		return nil
	}
	e.Code = code
	return &e
}
