package extproc

// Request is a request as the client sent it.
type Request struct {
	Path    string      // with the query; parameters that are keys are left out
	Headers [][2]string // in order, names in lower case, credentials among them; pseudo-headers are left out
	Route   string      // as Envoy's route metadata names it
	Body    []byte      // may be kept, and must not be changed
}

// Request returns the request that o is about. It may only be called during the callback.
func (o *Outcome) Request() Request {
	st := o.stream
	if st == nil {
		return Request{}
	}
	r := Request{Path: withQuery(st.path, st.query), Route: st.route, Body: st.body}
	for _, h := range st.head {
		if name := h.GetKey(); name != "" && name[0] != ':' {
			r.Headers = append(r.Headers, [2]string{name, value(h)})
		}
	}
	return r
}
