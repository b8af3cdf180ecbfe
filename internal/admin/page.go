package admin

import (
	"embed"
	"net/http"
	"path"
)

//go:embed page/index.html page/page.css page/page.js
var page embed.FS

// servePage serves the page's three files, which need nothing from elsewhere.
func servePage(w http.ResponseWriter, r *http.Request) {
	name := path.Base(r.URL.Path)
	switch r.URL.Path {
	case "/":
		name = "index.html"
	case "/page.css", "/page.js":
	default:
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("content-security-policy", "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "+
		"base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	h.Set("x-content-type-options", "nosniff")
	h.Set("referrer-policy", "no-referrer")
	h.Set("cache-control", "no-cache")
	http.ServeFileFS(w, r, page, "page/"+name)
}
