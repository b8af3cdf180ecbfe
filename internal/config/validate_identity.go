package config

import "strings"

func (v *validator) identity() {
	for _, part := range []struct {
		key    string
		source Source
	}{{"team", v.c.Identity.Team}, {"user", v.c.Identity.User}, {"client", v.c.Identity.Client}} {
		v.source("identity."+part.key, part.source)
	}
}

// source checks one place of the caller's identity: it is given once, so that nobody can say by one what another denies.
func (v *validator) source(at string, s Source) {
	if v.badWithin(at) {
		return
	}
	var forms []string
	for _, form := range []string{"header", "jwt_claim", "certificate"} {
		if v.given(at + "." + form) {
			forms = append(forms, form)
		}
	}
	switch {
	case len(forms) > 1:
		v.fault(at, "an identity comes from one place, and here are "+strings.Join(forms, " and "), "keep one")
	case len(forms) == 0 && v.given(at):
		v.fault(at, "it is not said where this comes from", "give header, jwt_claim or certificate")
	case len(forms) == 0:
	case forms[0] == "header" && !headerName.MatchString(s.Header):
		v.fault(at+".header", v.text(at+".header")+" is not the name of a header", "")
	case forms[0] == "jwt_claim" && s.JWTClaim == "":
		v.fault(at+".jwt_claim", "the name of the claim is empty", "")
	}
}
