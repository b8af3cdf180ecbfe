package admin

import (
	"crypto/sha256"
	"crypto/subtle"
	"net"
	"net/http"
	"strings"
)

// Access says who may see more than health and metrics.
type Access struct {
	// Token is asked for as a bearer token, or as the password of basic authentication, whose user does not matter.
	// Empty: this machine's users may see all, and others nothing.
	Token string
	// Local says that the server can be reached from this machine only.
	Local bool
}

// IsLocal reports whether an address to listen at is this machine's own: a socket file or a loopback address.
func IsLocal(address string) bool {
	if strings.HasPrefix(address, "unix:") {
		return true
	}
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	return isLoopback(host)
}

func isLoopback(host string) bool {
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func (a Access) guard(next http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case a.Token != "":
			if !a.knows(r) {
				w.Header().Set("www-authenticate", `Basic realm="llmroute", charset="UTF-8"`)
				writeFault(w, http.StatusUnauthorized, "unauthorized", "send listen.admin_token as a bearer token, or as the password of basic authentication")
				return
			}
			r.Header.Del("authorization") // it is not the explained request's
		case !a.Local:
			writeFault(w, http.StatusForbidden, "admin_token_needed",
				"this address can be reached from other machines: set listen.admin_token, or let listen.admin be 127.0.0.1:9003")
			return
		case !ownHost(r.Host):
			// A page of someone else's, whose name leads to this machine, must not read what is shown here.
			writeFault(w, http.StatusForbidden, "wrong_host", "ask for localhost or 127.0.0.1, or set listen.admin_token")
			return
		}
		next(w, r)
	})
}

func (a Access) knows(r *http.Request) bool {
	got, ok := strings.CutPrefix(r.Header.Get("authorization"), "Bearer ")
	if !ok {
		_, got, _ = r.BasicAuth()
	}
	have, want := sha256.Sum256([]byte(got)), sha256.Sum256([]byte(a.Token)) // of one length, so that time tells nothing
	return subtle.ConstantTimeCompare(have[:], want[:]) == 1
}

// ownHost reports whether a request was addressed to this machine by a name that only it has.
func ownHost(hostport string) bool {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = hostport
	}
	return isLoopback(host) || host == "" || host == "unix"
}
