package config

import (
	"fmt"
	"net"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// validator checks what a single value cannot show: names that must exist, and things that must fit together.
type validator struct {
	file   *File
	c      *Config
	faults Faults
	bad    map[string]bool // paths that have a fault; one is enough

	providers []string
	models    []string
	routes    []string
	regions   []string
}

func newValidator(f *File, c *Config, decoded Faults) *validator {
	v := &validator{file: f, c: c, faults: decoded, bad: map[string]bool{}}
	for _, f := range decoded {
		v.bad[f.Path] = true
	}
	for _, p := range c.Providers {
		v.providers = append(v.providers, p.Name)
		v.regions = append(v.regions, p.Value.Region)
	}
	for _, m := range c.Models {
		v.models = append(v.models, m.Name)
		v.regions = append(v.regions, m.Value.Region)
	}
	for _, r := range c.Routes {
		v.routes = append(v.routes, r.Name)
	}
	return v
}

func (v *validator) config() {
	v.listen()
	for i := range v.c.Providers {
		v.provider(v.c.Providers[i].Name, &v.c.Providers[i].Value)
	}
	for _, m := range v.c.Models {
		v.model(m.Name, &m.Value)
	}
	for _, a := range v.c.Aliases {
		v.alias(a.Name, a.Value)
	}
	v.routeList()
	v.policyList()
	v.budgets()
	v.identity()
	v.limits()
	v.stores()
}

func (v *validator) fault(path, message, suggestion string) {
	if !v.bad[path] {
		v.bad[path] = true
		v.faults = append(v.faults, v.file.Fault(path, message, suggestion))
	}
}

// faultKey is a fault of the key that ends path, which is name, and not of its value.
func (v *validator) faultKey(path, name, message, suggestion string) {
	if !v.bad[path] {
		v.bad[path] = true
		v.faults = append(v.faults, v.aboutKey(path, name, message, suggestion))
	}
}

func (v *validator) warnKey(path, name, message, suggestion string) {
	if !v.bad[path] {
		v.file.Warnings = append(v.file.Warnings, v.aboutKey(path, name, message, suggestion))
	}
}

func (v *validator) aboutKey(path, name, message, suggestion string) Fault {
	f := v.file.faultAt(v.file.spots[path].key, path, message, suggestion)
	f.Text = name
	return f
}

func (v *validator) warn(path, message, suggestion string) {
	if !v.bad[path] {
		v.file.Warnings = append(v.file.Warnings, v.file.Fault(path, message, suggestion))
	}
}

// text is what stands at path, quoted, as the file has it: variables in it are not expanded, and private text is
// not shown.
func (v *validator) text(path string) string {
	if s := v.file.spots[path]; s.text != "" {
		return quote(s.text)
	}
	return "the value"
}

// given reports whether the file says something at path.
func (v *validator) given(path string) bool {
	_, ok := v.file.spots[path]
	return ok
}

func (v *validator) listen() {
	taken := map[string]string{}
	for _, l := range []struct{ key, address string }{
		{"grpc", v.c.Listen.GRPC}, {"admin", v.c.Listen.Admin}, {"envoy", v.c.Listen.Envoy}, {"envoy_admin", v.c.Listen.EnvoyAdmin},
	} {
		at := "listen." + l.key
		if wrong, suggestion := wrongAddress(l.address); wrong != "" {
			v.fault(at, v.text(at)+" "+wrong, suggestion)
			continue
		}
		other, again := taken[l.address]
		if again && !strings.HasSuffix(l.address, ":0") {
			v.fault(at, "the same address as listen."+other, "give each its own")
		}
		taken[l.address] = l.key
	}
	if l := v.c.Listen; l.AdminToken.IsZero() && !onlyHere(l.Admin) {
		v.warn("listen.admin", v.text("listen.admin")+" can be reached from other machines, so without a token the status page refuses everybody", "set listen.admin_token")
	}
}

// onlyHere reports whether an address to listen at is this machine's own.
func onlyHere(address string) bool {
	host, _, err := net.SplitHostPort(address)
	return strings.HasPrefix(address, "unix:") || err != nil || local(host)
}

// wrongAddress says what keeps an address from being `host:port` or `unix:/path`.
func wrongAddress(address string) (wrong, suggestion string) {
	const example = "write host:port, such as 127.0.0.1:9002, or unix:/path/to/socket"
	if socket, ok := strings.CutPrefix(address, "unix:"); ok {
		if !path.IsAbs(socket) {
			return "is not an absolute path to a socket", "write unix:/path/to/socket"
		}
		return "", ""
	}
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return "is not an address", example
	}
	if n, err := strconv.Atoi(port); err != nil || n < 0 || n > 65535 {
		return "has a port that is not a number from 0 to 65535", example
	}
	return "", ""
}

func (v *validator) alias(name, target string) {
	at := "aliases." + name
	switch {
	case strings.HasPrefix(name, "route/"):
		v.faultKey(at, name, quote(name)+" begins with route/, which clients use to ask for a route by name", "give it another name")
	case !headerSafe(name):
		v.faultKey(at, name, quote(name)+" has spaces or characters outside ASCII", "")
	case slices.Contains(v.models, name):
		v.warnKey(at, name, quote(name)+" is a model too", "rename the alias, unless it is to stand in front of the model")
	}
	if v.bad["routes"] {
		return // what it names may well be there
	}
	if route, ok := strings.CutPrefix(target, "route/"); ok {
		if !slices.Contains(v.routes, route) {
			v.fault(at, v.text(at)+" names no route", didYouMean(route, v.shownRoutes()))
		}
		return
	}
	if !slices.Contains(v.routes, target) && !slices.Contains(v.models, target) {
		v.fault(at, v.text(at)+" is neither a route nor a model", didYouMean(target, slices.Concat(v.shownRoutes(), v.models)))
	}
}

// shownRoutes are the names of routes that stand in the file as they are.
func (v *validator) shownRoutes() []string {
	var out []string
	for i, name := range v.routes {
		if s, ok := v.file.spots[fmt.Sprintf("routes[%d].name", i)]; !ok || s.text == name {
			out = append(out, name)
		}
	}
	return out
}

// once reports a name that was used before.
func (v *validator) once(seen map[string]int, at, name, what string) {
	if name == "" {
		return
	}
	if line, again := seen[name]; again {
		v.fault(at, fmt.Sprintf("%s names another %s already, at line %d", v.text(at), what, line), "names must differ")
		return
	}
	seen[name] = v.file.spots[at].value.Line
}

func (v *validator) limits() {
	const least, most = 1 << 10, 256 << 20
	if at := "limits.body_bytes"; v.c.Limits.BodyBytes < least || v.c.Limits.BodyBytes > most {
		v.fault(at, v.text(at)+" is not between 1KiB and 256MiB", "")
	}
	t := v.c.Timeouts
	for at, d := range map[string]time.Duration{"connect": t.Connect, "first_byte_stream": t.FirstByteStream, "first_byte_json": t.FirstByteJSON, "idle": t.Idle} {
		if at := "timeouts." + at; d < time.Millisecond && d > 0 {
			v.fault(at, v.text(at)+" is shorter than Envoy can measure", "1ms is the least")
		}
	}
}

// headerSafe reports whether s can stand in a header as it is.
func headerSafe(s string) bool {
	return s != "" && strings.IndexFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7F }) < 0
}

// headerName is a field name of RFC 9110, section 5.1.
var headerName = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+.^_`|~-]+$")

// matches reports whether a pattern, in which `*` stands for any run of characters, covers name.
func matches(pattern, name string) bool {
	head, rest, star := strings.Cut(pattern, "*")
	if !star {
		return pattern == name
	}
	name, ok := strings.CutPrefix(name, head)
	for ok && rest != "" {
		var part string
		if part, rest, star = strings.Cut(rest, "*"); !star {
			return strings.HasSuffix(name, part)
		}
		_, name, ok = strings.Cut(name, part)
	}
	return ok
}

func isPattern(s string) bool { return strings.Contains(s, "*") }

// covers reports whether pattern matches any of names.
func covers(pattern string, names []string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return n != "" && matches(pattern, n) })
}
