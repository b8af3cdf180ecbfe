package catalog

import "strings"

// Lookup finds the facts of a model that a provider calls name. schema is the wire format in which it is asked,
// endpointHost the host of its endpoint (a port is ignored; empty: unknown).
//
// The host, or else the schema, says in which places of the catalog to look (places.go). The name is tried as it
// stands, and then in ever plainer spellings (spelling.go): in each place as it stands, then with a date or version
// added. The first hit counts. The key of the entry tells which it was.
func (c *Catalog) Lookup(schema, endpointHost, name string) (Entry, bool) {
	if len(name) > maxName {
		return Entry{}, false
	}
	at := placeOf(schema, endpointHost)
	if e, ok := c.lookupAt(at.prefixes, name); ok {
		return e, true
	}
	if own, ok := strings.CutPrefix(name, at.vendor); ok && at.vendor != "" {
		return c.lookupAt(at.prefixes, own)
	}
	if !at.gateway {
		return Entry{}, false
	}
	vendor, model, ok := strings.Cut(name, "/")
	if !ok {
		return c.lookupAt(vendorPrefixes, name)
	}
	prefixes, ok := vendors[strings.ToLower(vendor)]
	if !ok {
		return Entry{}, false
	}
	if e, ok := c.lookupAt(prefixes, model); ok {
		return e, true
	}
	return c.lookupAt(prefixes, strings.ReplaceAll(model, ".", "-")) // gateways write claude-haiku-4.5
}

// maxName is far above any model's name, in bytes.
const maxName = 512

func (c *Catalog) lookupAt(prefixes []string, name string) (Entry, bool) {
	for _, n := range spellings(name) {
		for _, p := range prefixes {
			if e, ok := c.Get(p + n); ok {
				return e, true
			}
		}
		for _, p := range prefixes {
			if e, ok := c.newest(p + n); ok {
				return e, true
			}
		}
	}
	return Entry{}, false
}

// newest returns the entry whose key is key with a date, version or "latest" added, of several the last.
func (c *Catalog) newest(key string) (Entry, bool) {
	found := -1
	i, _ := c.find(key)
	for ; i < len(c.lines); i++ {
		added, ok := strings.CutPrefix(keyOf(c.lines[i]), key)
		if !ok {
			break
		}
		if added != "" && reaches(key+added, key) {
			found = i
		}
	}
	if found < 0 {
		return Entry{}, false
	}
	return c.entry(found)
}

// reaches reports whether full becomes plain by plainer steps.
func reaches(full, plain string) bool {
	for len(full) > len(plain) {
		next := plainer(full)
		if next == full {
			return false
		}
		full = next
	}
	return full == plain
}
