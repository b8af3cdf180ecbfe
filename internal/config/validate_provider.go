package config

import (
	"fmt"
	"net"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// providerName also bounds the names of Envoy's clusters, which are made of it.
var providerName = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,39}$`)

func (v *validator) provider(name string, p *Provider) {
	at := "providers." + name
	if !providerName.MatchString(name) {
		v.faultKey(at, name, quote(name)+" is not a name for a provider", "use a-z, 0-9, _ and -, at most 40 characters, and begin with a letter or digit")
	}
	p.Endpoint = strings.TrimRight(p.Endpoint, "/")
	v.endpoint(at+".endpoint", p)
	v.auth(at+".auth", p)
	v.headers(at+".headers", p.Headers)
	switch azure := p.Schema == "azure"; {
	case azure && p.APIVersion == "":
		v.fault(at+".api_version", "azure needs an api_version", "add api_version: 2024-10-21, or the one that your deployment uses")
	case !azure && p.APIVersion != "" && p.Schema != "":
		v.warn(at+".api_version", "api_version counts for the schema azure only", "leave it out")
	}
}

func (v *validator) endpoint(at string, p *Provider) {
	if p.Endpoint == "" {
		return // reported as missing
	}
	wrong, suggestion := wrongURL(p.Endpoint, v.file.spots[at].text)
	if wrong != "" {
		v.fault(at, v.text(at)+" "+wrong, suggestion)
		return
	}
	u, err := url.Parse(p.Endpoint)
	if err != nil {
		return
	}
	for _, end := range []string{"/chat/completions", "/completions", "/embeddings", "/responses", "/messages"} {
		if strings.HasSuffix(u.Path, end) {
			v.warn(at, v.text(at)+" ends in the path of one operation", "leave "+end+" out: llmroute adds it")
			break
		}
	}
	switch last := path.Base(u.Path); {
	case p.Schema == "anthropic" && (last == "v1" || u.Hostname() == "api.anthropic.com" && u.Path != ""):
		v.fault(at, v.text(at)+" has the path of the API in it", "end it before /v1, which llmroute adds")
	case p.Schema == "openai" && u.Path == "" && !slices.Contains(pathless, u.Hostname()):
		v.warn(at, v.text(at)+" has no path, and most servers of this API want one", "end it in /v1, unless this one does not")
	}
	if u.Scheme == "http" && p.Auth != nil && !local(u.Hostname()) {
		v.warn(at, "the credential goes over the network in plain text", "use https, if the provider has it")
	}
}

// pathless are hosts that serve OpenAI's API without /v1.
var pathless = []string{"api.deepseek.com", "api.perplexity.ai"}

// wrongURL says what keeps a URL from being the base of an API. raw is how the file spells it: a suggestion holds
// no more than that.
func wrongURL(endpoint, raw string) (wrong, suggestion string) {
	scheme, _, hasScheme := strings.Cut(endpoint, "://")
	if !hasScheme {
		return "has no http:// or https://", writeURL(endpoint, raw)
	}
	if s := strings.ToLower(scheme); s != "http" && s != "https" {
		return "is not an http or https URL", ""
	}
	u, err := url.Parse(endpoint)
	switch {
	case err != nil:
		return "is not a URL", ""
	case u.User != nil:
		return "holds a user name or password", "put the credential under auth:"
	case u.Hostname() == "":
		return "has no host", ""
	case strings.ContainsAny(endpoint, "?"):
		return "has a query", "leave out what follows the ?; Azure's version goes into api_version"
	case strings.Contains(endpoint, "#"):
		return "has a fragment", "leave out what follows the #"
	}
	if port := u.Port(); port != "" {
		if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
			return "has a port that is not a number from 1 to 65535", ""
		}
	}
	return "", ""
}

func writeURL(endpoint, raw string) string {
	if endpoint != strings.TrimRight(raw, "/") {
		return "" // it holds what comes from the environment
	}
	host, _, _ := strings.Cut(endpoint, "/")
	scheme := "https://"
	if name, _, err := net.SplitHostPort(host); err == nil || local(name) || local(host) {
		scheme = "http://"
	}
	return "write " + scheme + endpoint
}

// local reports whether host is this machine.
func local(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || ip != nil && ip.IsLoopback()
}

// authForms are the keys of which a credential has exactly one. `header` goes with `value`.
var authForms = []string{"bearer", "header", "aws", "gcp", "token_file", "oauth2"}

func (v *validator) auth(at string, p *Provider) {
	a := p.Auth
	if a == nil || v.badWithin(at) {
		return
	}
	var forms []string
	for _, form := range authForms {
		if v.given(at + "." + form) {
			forms = append(forms, form)
		}
	}
	switch header, value := v.given(at+".header"), v.given(at+".value"); {
	case header && !value:
		v.fault(at+".value", "header needs a value", "add value: ${NAME}")
		return
	case value && !header:
		v.fault(at+".header", "value needs the header that carries it", "add header: x-api-key, or use bearer")
		return
	case len(forms) == 0:
		v.fault(at, "a credential needs one of "+strings.Join(authForms, ", "), "")
		return
	case len(forms) > 1:
		v.fault(at, "a credential has one form, and here are "+strings.Join(forms, " and "), "keep one")
		return
	}
	if len(p.Missing) == 0 {
		v.authForm(at, forms[0], p)
	}
}

// badWithin reports whether at, or anything in it, has a fault.
func (v *validator) badWithin(at string) bool {
	for path := range v.bad {
		if path == at || strings.HasPrefix(path, at+".") {
			return true
		}
	}
	return false
}

// authForm checks the one form that a credential has.
func (v *validator) authForm(at, form string, p *Provider) {
	a := p.Auth
	switch form {
	case "bearer":
		v.secret(at+".bearer", a.Bearer)
		if scheme, _, two := strings.Cut(a.Bearer.Reveal(), " "); two && strings.EqualFold(scheme, "bearer") {
			v.fault(at+".bearer", "the credential begins with the word Bearer, which llmroute adds", "leave it out")
		}
	case "header":
		v.header(at+".header", a.Header)
		v.secret(at+".value", a.Value)
	case "token_file":
		if a.TokenFile == "" {
			v.fault(at+".token_file", "the path is empty", "")
		}
	case "aws":
		switch {
		case a.AWS == nil:
			v.fault(at+".aws", "nothing is said", "write aws: {}, or say the region")
		case a.AWS.Region == "" && p.Region == "":
			v.fault(at+".aws.region", "the AWS region is not known", "add region here or to the provider")
		case a.AWS.AccessKeyID.IsZero() != a.AWS.SecretAccessKey.IsZero():
			v.fault(at+".aws", "access_key_id and secret_access_key go together", "give both or neither")
		}
	case "gcp":
		if a.GCP == nil {
			v.fault(at+".gcp", "nothing is said", "write gcp: {}")
		}
	case "oauth2":
		switch {
		case a.OAuth2 == nil:
			v.fault(at+".oauth2", "nothing is said", "it needs token_endpoint, client_id and client_secret")
		case a.OAuth2.TokenEndpoint != "":
			if wrong, _ := wrongURL(a.OAuth2.TokenEndpoint, ""); wrong != "" {
				v.fault(at+".oauth2.token_endpoint", "the URL "+wrong, "")
			}
		}
	}
}

func (v *validator) secret(at string, s Secret) {
	switch {
	case s.IsZero():
		v.fault(at, "the credential is empty", "")
	case !headerValue(s.Reveal()):
		v.fault(at, "the credential has a line break or control character in it", "check how the variable was set")
	case shellVariable.MatchString(s.Reveal()):
		v.warn(at, "the credential is the name of a variable after a dollar sign, and not its value", "write ${NAME}, with braces")
	}
}

// shellVariable is a variable as a shell would take it, and llmroute does not.
var shellVariable = regexp.MustCompile(`^\$[A-Za-z_][A-Za-z0-9_]*$`)

// ownHeaders are set by Envoy or llmroute, and nobody else may.
var ownHeaders = []string{"host", "content-length", "transfer-encoding", "connection", "te", "upgrade"}

func (v *validator) header(at, name string) {
	lower := strings.ToLower(name)
	switch {
	case !headerName.MatchString(name):
		v.fault(at, "this is not the name of a header", "")
	case slices.Contains(ownHeaders, lower), strings.HasPrefix(lower, "x-llmroute-"), strings.HasPrefix(lower, "x-envoy-"):
		v.fault(at, "this header cannot be set here", "")
	}
}

func (v *validator) headers(at string, headers Map[string]) {
	seen := map[string]bool{}
	for _, h := range headers {
		at := at + "." + h.Name
		v.header(at, h.Name)
		if !headerValue(h.Value) {
			v.fault(at, "the value has a line break or control character in it", "")
		}
		if lower := strings.ToLower(h.Name); seen[lower] {
			v.faultKey(at, h.Name, fmt.Sprintf("%s is given twice, and case does not count in headers", quote(h.Name)), "keep one of them")
		} else {
			seen[lower] = true
		}
	}
}

// headerValue reports whether s can be the value of a header.
func headerValue(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7F }) < 0
}

func (v *validator) model(name string, m *Model) {
	at := "models." + name
	switch {
	case strings.HasPrefix(name, "route/"):
		v.faultKey(at, name, quote(name)+" begins with route/, which clients use to ask for a route by name", "give it another name, and the provider's under name:")
	case !headerSafe(name) || isPattern(name):
		v.faultKey(at, name, quote(name)+" is not a name for a model: it has spaces, * or characters outside ASCII", "give it another, and the provider's under name:")
	}
	if m.Provider != "" && !slices.Contains(v.providers, m.Provider) && !v.bad["providers"] {
		at := at + ".provider"
		suggestion := didYouMean(m.Provider, v.providers)
		if suggestion == "" {
			suggestion = oneOf(v.providers)
		}
		v.fault(at, v.text(at)+" is not a provider", suggestion)
	}
}
