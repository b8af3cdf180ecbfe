package lint

import (
	"slices"
	"strings"
	"testing"

	"github.com/llmroute/llmroute/envoy"
	"github.com/llmroute/llmroute/internal/config"
)

// breaking is one edit of a configuration that has no finding, and the only finding afterwards.
type breaking struct {
	name string
	base string // of ../testdata, or "attached"
	in   string // the edit, and at, are looked for from here on; empty: from the start
	drop string // a line that goes, with all that belongs to it
	old  string // this text, which new replaces
	new  string
	rule string
	at   string // on the line of the finding
}

func broken(t *testing.T, text string, b breaking) string {
	t.Helper()
	start := strings.Index(text, b.in)
	if start < 0 {
		t.Fatalf("%q is not there", b.in)
	}
	head, tail := text[:start], text[start:]
	if b.drop != "" {
		tail = dropped(t, tail, b.drop)
	}
	if b.old == "" {
		return head + tail
	}
	out := strings.Replace(tail, b.old, b.new, 1)
	if out == tail {
		t.Fatalf("%q is not there", b.old)
	}
	return head + out
}

// dropped takes a line out, and those below it that are deeper.
func dropped(t *testing.T, text, what string) string {
	t.Helper()
	lines := strings.SplitAfter(text, "\n")
	depth := func(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }
	for i, line := range lines {
		if !strings.Contains(line, what) {
			continue
		}
		end := i + 1
		for end < len(lines) && depth(lines[end]) > depth(line) {
			end++
		}
		return strings.Join(append(lines[:i:i], lines[end:]...), "")
	}
	t.Fatalf("no line has %q", what)
	return ""
}

const (
	ownManager = "name: envoy.filters.network.http_connection_manager"
	ownRoute   = "                        - name: llmroute\n"
	ownDoor    = "    - name: local.adapt\n"
	clusters   = "  clusters:\n    - name"
	adaptName  = "    - name: local.adapt\n      type: STATIC"
	buffer     = "type.googleapis.com/envoy.extensions.filters.http.buffer.v3.Buffer"
	processor  = "type.googleapis.com/envoy.extensions.filters.http.ext_proc.v3.ExternalProcessor"
	zipper     = "type.googleapis.com/envoy.extensions.filters.http.compressor.v3.Compressor"
	router     = "                  - name: envoy.filters.http.router\n"
)

var breakings = []breaking{
	{name: "a field that does not exist", base: "minimal", in: "route_config", old: "path_rewrite:", new: "path_rewrites: 1\n                            path_rewrite:", rule: "syntax", at: "path_rewrites"},
	{name: "a value of the wrong kind", base: "minimal", in: "route_config", old: "auto_host_rewrite: true", new: "auto_host_rewrite: true\n                            priority: 1.5", rule: "syntax", at: "priority: 1.5"},
	{name: "text that is not YAML", base: "minimal", old: "static_resources:\n", new: "static_resources: [\n", rule: "syntax", at: "    - name: llmroute"},
	{name: "no internal listeners", base: "minimal", drop: "bootstrap_extensions", rule: "internal-listener", at: "node:"},
	{name: "no node", base: "minimal", drop: "  cluster: llmroute", rule: "node", at: "node:"},

	{name: "routes that are not in the file", base: "minimal", in: ownManager, drop: "route_config:", old: "stat_prefix: llmroute\n", new: "stat_prefix: llmroute\n                rds: {route_config_name: r, config_source: {ads: {}}}\n", rule: "unseen", at: "rds:"},
	{name: "clusters that are not in the file", base: "minimal", in: clusters, drop: "    - name: local", old: "\nadmin:", new: "\ndynamic_resources: {cds_config: {ads: {}}}\nadmin:", rule: "unseen", at: "dynamic_resources"},
	{name: "listeners that are not in the file", base: "minimal", drop: "    - name: llmroute", old: "static_resources:\n", new: "dynamic_resources: {lds_config: {ads: {}}}\nstatic_resources:\n", rule: "unseen", at: "dynamic_resources"},
	{name: "no route filter", base: "minimal", drop: "- name: llmroute.route", rule: "no-route-stage", at: "http_filters"},
	{name: "a route filter that nobody turns on", base: "minimal", in: "- name: llmroute.route", old: "typed_config", new: "disabled: true\n                    typed_config", rule: "route-stage-off", at: "- name: llmroute.route"},
	{name: "a route by the plan where the filter is off", base: "attached", in: "routes:\n", old: "- {match: {prefix: /}, route: {cluster: app}}", new: `- name: other
                          match: {prefix: /}
                          route:
                            inline_cluster_specifier_plugin: {extension: {name: p, typed_config: {"@type": type.googleapis.com/envoy.extensions.router.cluster_specifiers.priority_group.v3.PriorityGroupClusterSpecifier}}}`, rule: "plan-without-stage", at: "- name: other"},
	{name: "clients say what the path is", base: "minimal", drop: "- remove: x-llmroute-path", rule: "client-headers", at: "- name: llmroute.route"},
	{name: "clients steer retries", base: "attached", drop: "- name: llmroute.client", rule: "client-headers", at: "- name: llmroute.route"},
	{name: "no usage filter", base: "minimal", drop: "- name: llmroute.usage", rule: "usage-filter", at: "http_filters"},
	{name: "a usage filter that is off on the route", base: "attached", in: "- name: llmroute.default", drop: "llmroute.usage:", rule: "usage-filter", at: ""},
	{name: "a usage filter that waits for routes to ask", base: "minimal", old: "include_unconfigured_routes: true", new: "include_unconfigured_routes: false", rule: "usage-filter", at: "include_unconfigured_routes"},
	{name: "no answer filter", base: "minimal", drop: "- name: llmroute.answer", rule: "answer-filter", at: "- name: llmroute.route"},
	{name: "an answer filter that is off on the route", base: "attached", in: "- name: llmroute.default", drop: "llmroute.answer:", rule: "answer-filter", at: ""},
	{name: "an answer filter that route is not told of", base: "minimal", drop: "- key: x-llmroute-answers", rule: "answer-untold", at: "initial_metadata"},
	{name: "an answer filter with another matcher", base: "minimal", old: "prefix: '{'", new: "prefix: x", rule: "answer-matcher", at: "xds_matcher"},
	{name: "a usage filter behind the route filter", base: "minimal", drop: "- name: llmroute.usage", old: router, new: "                  - {name: usage, typed_config: {\"@type\": type.googleapis.com/envoy.extensions.filters.http.ai_protocol_manager.v3.AiProtocolManager, response_handling: {token_usage: {include_unconfigured_routes: true}}}}\n" + router, rule: "filter-order", at: "{name: usage"},
	{name: "a second full-duplex ext_proc", base: "minimal", in: "http_filters", old: "                  - name: llmroute.usage", new: "                  - {name: other, typed_config: {\"@type\": " + processor + ", processing_mode: {request_body_mode: FULL_DUPLEX_STREAMED}}}\n                  - name: llmroute.usage", rule: "second-processor", at: "{name: other"},
	{name: "a filter that holds bodies behind route", base: "minimal", in: "http_filters", old: router, new: "                  - {name: other, typed_config: {\"@type\": " + buffer + "}}\n" + router, rule: "body-filter", at: "{name: other"},
	{name: "a compressor behind usage", base: "minimal", in: "http_filters", old: router, new: "                  - {name: zip, typed_config: {\"@type\": " + zipper + "}}\n" + router, rule: "compressor", at: "{name: zip"},

	{name: "a stage that llmroute does not know", base: "minimal", in: "- name: llmroute.answer", old: "value: answer", new: "value: anwser", rule: "stage-name", at: "initial_metadata"},
	{name: "a buffered request body", base: "minimal", in: "- name: llmroute.route", old: "request_body_mode: FULL_DUPLEX_STREAMED", new: "request_body_mode: BUFFERED", rule: "request-mode", at: "request_body_mode"},
	{name: "no request trailers", base: "minimal", in: "- name: llmroute.adapt", drop: "request_trailer_mode: SEND", rule: "request-mode", at: "processing_mode"},
	{name: "route reads answers", base: "minimal", in: "- name: llmroute.route", old: "response_header_mode: SKIP", new: "response_header_mode: SEND", rule: "response-mode", at: "response_header_mode"},
	{name: "a route that overrides the mode", base: "attached", in: "typed_per_filter_config", old: "llmroute.route:\n                              '@type': type.googleapis.com/envoy.config.route.v3.FilterConfig\n                              config: {}", new: "llmroute.route:\n                              '@type': type.googleapis.com/envoy.extensions.filters.http.ext_proc.v3.ExtProcPerRoute\n                              overrides: {processing_mode: {}}", rule: "mode-override", at: "overrides"},
	{name: "a length that is lost", base: "minimal", in: "- name: llmroute.adapt", drop: "allow_content_length_header", rule: "content-length", at: "typed_config"},
	{name: "another status on error", base: "minimal", in: "- name: llmroute.route", drop: "status_on_error", rule: "status-on-error", at: "typed_config"},
	{name: "open when llmroute fails", base: "minimal", in: "- name: llmroute.adapt", old: "allow_content_length_header: true", new: "allow_content_length_header: true\n                      failure_mode_allow: true", rule: "failure-mode", at: "failure_mode_allow"},
	{name: "no answers of llmroute's own", base: "minimal", in: "- name: llmroute.route", old: "allow_content_length_header: true", new: "allow_content_length_header: true\n                      disable_immediate_response: true", rule: "immediate-response", at: "disable_immediate_response"},
	{name: "no x-envoy headers by route", base: "minimal", in: "- name: llmroute.route", drop: "mutation_rules", rule: "allow-envoy", at: "typed_config"},
	{name: "no metadata by answer", base: "minimal", in: "- name: llmroute.answer", old: "untyped:\n                                - llmroute", new: "untyped:\n                                - other", rule: "metadata-namespace", at: "untyped"},
	{name: "no claims", base: "claims", drop: "forwarding_namespaces", rule: "jwt-claims", at: "metadata_options"},
	{name: "no route name", base: "minimal", drop: "xds.route_metadata", rule: "request-attributes", at: "request_attributes"},

	{name: "a route to a cluster of its own", base: "minimal", in: "routes:\n", old: ownRoute, new: "                        - {match: {path: /x}, route: {cluster: local}}\n" + ownRoute, rule: "plan-specifier", at: "{match: {path: /x}"},
	{name: "a plan of another namespace", base: "minimal", old: "override_metadata_namespace: llmroute", new: "override_metadata_namespace: other", rule: "plan-namespace", at: "override_metadata_namespace"},
	{name: "a provider for what was not judged", base: "minimal", old: "cluster_name: llmroute.none", new: "cluster_name: local", rule: "unjudged", at: "cluster_name: local"},
	{name: "retries at one provider", base: "minimal", drop: "refresh_cluster_on_retry", rule: "refresh-cluster", at: "retry_policy"},
	{name: "no retries", base: "minimal", in: ownRoute, drop: "retry_policy", rule: "retry-policy", at: "route:"},
	{name: "no retry on resets", base: "minimal", old: "5xx,reset,", new: "5xx,", rule: "retry-policy", at: "retry_on"},
	{name: "no retry on 429", base: "minimal", drop: "retriable_status_codes", rule: "retry-policy", at: "retry_policy"},
	{name: "no retry on llmroute's word", base: "minimal", drop: "retriable_headers:", rule: "retry-policy", at: "retry_policy"},
	{name: "too few retries", base: "providers", old: "num_retries: 3", new: "num_retries: 2", rule: "retry-count", at: "num_retries"},
	{name: "a short silence", base: "minimal", old: "per_try_idle_timeout: 300s", new: "per_try_idle_timeout: 30s", rule: "silent-stream", at: "per_try_idle_timeout"},
	{name: "no path of the provider's", base: "minimal", in: ownRoute, drop: "path_rewrite", rule: "path-rewrite", at: "route:"},
	{name: "the client's host", base: "minimal", in: ownRoute, drop: "auto_host_rewrite", rule: "host-rewrite", at: "route:"},
	{name: "the client's host at a door", base: "minimal", in: ownDoor, drop: "auto_host_rewrite", rule: "host-rewrite", at: "route:"},
	{name: "a total timeout", base: "minimal", old: "timeout: 0s", new: "timeout: 60s", rule: "route-timeout", at: "timeout: 60s"},
	{name: "a longest stream", base: "minimal", old: "stat_prefix: llmroute\n", new: "stat_prefix: llmroute\n                common_http_protocol_options: {max_stream_duration: 60s}\n", rule: "route-timeout", at: "max_stream_duration"},
	{name: "a short idle timeout", base: "attached", old: "idle_timeout: ", new: "idle_timeout: 1s # ", rule: "stream-idle", at: "idle_timeout"},
	{name: "no idle timeout", base: "minimal", drop: "stream_idle_timeout: 1", rule: "stream-idle", at: "typed_config"},
	{name: "a smaller buffer", base: "minimal", old: `request_body_buffer_limit: "`, new: `request_body_buffer_limit: "1" # `, rule: "body-buffer", at: "request_body_buffer_limit"},
	{name: "no buffer", base: "minimal", in: ownRoute, drop: "request_body_buffer_limit", rule: "body-buffer", at: ""},
	{name: "no header for the model", base: "minimal", in: ownRoute, old: "key: x-llmroute-model", new: "key: x-model", rule: "result-headers", at: "response_headers_to_add"},
	{name: "a header too much", base: "minimal", drop: "response_headers_to_remove:", rule: "result-headers", at: ownRoute},
	{name: "a route that is not there", base: "attached", old: "route: default", new: "route: elsewhere", rule: "unknown-route", at: "route: elsewhere"},

	{name: "no log of requests", base: "minimal", in: ownManager, drop: "access_log:", rule: "request-log", at: "typed_config"},
	{name: "no log of attempts", base: "minimal", in: router, drop: "upstream_log:", rule: "attempt-log", at: "typed_config"},
	{name: "no log of doors", base: "minimal", in: ownDoor, drop: "access_log:", rule: "door-log", at: "typed_config"},
	{name: "a log without a header", base: "minimal", in: "access_log:", drop: "- x-llmroute-model", rule: "log-headers", at: "additional_response_headers_to_log"},
	{name: "a name that the log does not know", base: "attached", old: "name: llmroute.default", new: "name: mine", rule: "route-name", at: "name: mine"},

	{name: "a stage that leads nowhere", base: "minimal", in: "- name: llmroute.adapt", old: "cluster_name: llmroute", new: "cluster_name: other", rule: "llmroute-cluster", at: "cluster_name: other"},
	{name: "llmroute by HTTP/1", base: "minimal", in: "    - name: llmroute\n      type", drop: "http2_protocol_options:", old: "explicit_http_config:", new: "explicit_http_config: {http_protocol_options: {}}", rule: "llmroute-http2", at: "explicit_http_config"},
	{name: "llmroute without HTTP/2", base: "minimal", in: "    - name: llmroute\n      type", drop: "typed_extension_protocol_options", rule: "llmroute-http2", at: "- name: llmroute"},
	{name: "llmroute elsewhere", base: "minimal", in: "    - name: llmroute\n      type", old: "9002", new: "9003", rule: "llmroute-address", at: "address:"},
	{name: "nobody looks whether llmroute is there", base: "minimal", in: "    - name: llmroute\n      type", drop: "health_checks", rule: "llmroute-presence", at: "- name: llmroute"},
	{name: "llmroute behind the default breakers", base: "minimal", in: "    - name: llmroute\n      type", drop: "circuit_breakers", rule: "circuit-breakers", at: "- name: llmroute"},
	{name: "a provider with 3 retries", base: "minimal", in: clusters, old: "max_retries: 1048576", new: "max_retries: 3", rule: "circuit-breakers", at: "circuit_breakers"},

	{name: "a provider without cluster", base: "providers", in: clusters, drop: "    - name: own-ca\n", rule: "provider-missing", at: "clusters"},
	{name: "a provider that is not in the configuration", base: "less", rule: "provider-unknown", at: "- name: own-ca\n"},
	{name: "another port", base: "minimal", in: clusters, old: "port_value: 8000", new: "port_value: 8001", rule: "provider-address", at: "address:"},
	{name: "another host", base: "providers", in: clusters, old: "hostname: api.openai.com", new: "hostname: proxy", rule: "provider-host", at: "hostname: proxy"},
	{name: "plain text", base: "providers", in: clusters, drop: "transport_socket:", rule: "provider-tls", at: "- name: openai"},
	{name: "another server name", base: "providers", in: clusters, old: "sni: api.openai.com", new: "sni: openai.com", rule: "provider-tls", at: "sni: openai.com"},
	{name: "TLS to plain text", base: "minimal", in: clusters, old: "      circuit_breakers", new: "      transport_socket: {name: tls, typed_config: {\"@type\": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext, auto_sni_san_validation: true, common_tls_context: {validation_context: {system_root_certs: {}}}}}\n      circuit_breakers", rule: "provider-tls", at: "transport_socket"},
	{name: "any certificate", base: "providers", in: clusters, drop: "validation_context:", rule: "provider-certificate", at: "common_tls_context"},
	{name: "a certificate of any name", base: "providers", in: clusters, drop: "auto_sni_san_validation", rule: "provider-certificate", at: "typed_config:\n          '@type': type.googleapis.com/envoy.extensions.transport_sockets.tls"},
	{name: "another HTTP version", base: "providers", in: "    - name: h2c\n      type", old: "http2_protocol_options:", new: "http_protocol_options:", rule: "provider-http", at: "explicit_http_config"},
	{name: "no end for names that do not resolve", base: "providers", in: clusters, old: "            priority: 1\n", new: "", rule: "dead-end", at: "        endpoints:"},

	{name: "no cluster for a door", base: "minimal", in: clusters, drop: "    - name: local.adapt", rule: "door-cluster", at: "clusters"},
	{name: "a door without internal transport", base: "minimal", in: adaptName, drop: "      transport_socket:", rule: "door-endpoint", at: "- name: local.adapt"},
	{name: "a door that leads out", base: "minimal", in: adaptName, old: "envoy_internal_address:\n                      server_listener_name: local.adapt", new: "socket_address: {address: 127.0.0.1, port_value: 1}", rule: "door-endpoint", at: "address:"},
	{name: "a door without listener", base: "minimal", drop: "    - name: local.adapt", rule: "door-listener", at: "address:\n                    envoy_internal_address"},
	{name: "a door without adapt filter", base: "minimal", drop: "- name: llmroute.adapt", in: ownDoor, rule: "door-stage", at: "http_filters"},
	{name: "a door of another provider", base: "minimal", in: "- name: llmroute.adapt", old: "value: local", new: "value: other", rule: "door-stage", at: "initial_metadata"},
	{name: "a door to another provider", base: "minimal", in: ownDoor, old: "cluster: local", new: "cluster: other", rule: "door-route", at: "cluster: other"},
	{name: "no plan for adapt", base: "minimal", in: adaptName, old: "key: x-llmroute-plan", new: "key: x-plan", rule: "door-plan", at: "- name: llmroute.headers"},
	{name: "no mark on answers", base: "minimal", in: clusters, old: "key: x-llmroute-answer", new: "key: x-answer", rule: "door-answer", at: "- name: llmroute.headers"},
	{name: "another provider's name on answers", base: "providers", in: clusters, old: "value: openai\n", new: "value: anthropic\n", rule: "door-provider", at: "- name: llmroute.headers"},
	{name: "a provider that steers", base: "minimal", in: clusters, old: "response_mutations:\n                    - remove_on_match:\n                        key_matcher:\n                          prefix: x-llmroute-", new: "response_mutations:\n                    - remove_on_match:\n                        key_matcher:\n                          prefix: x-l-", rule: "door-response", at: "- name: llmroute.headers"},

	{name: "ext_proc among upstream filters", base: "minimal", in: clusters, old: "            - name: envoy.filters.http.upstream_codec", new: "            - {name: other, typed_config: {\"@type\": " + processor + ", processing_mode: {request_body_mode: STREAMED}}}\n            - name: envoy.filters.http.upstream_codec", rule: "upstream-processor", at: "{name: other"},
	{name: "a buffer among upstream filters", base: "minimal", in: clusters, old: "            - name: envoy.filters.http.upstream_codec", new: "            - {name: other, typed_config: {\"@type\": " + buffer + "}}\n            - name: envoy.filters.http.upstream_codec", rule: "upstream-body", at: "{name: other"},
	{name: "a client's cookie", base: "minimal", in: clusters, drop: "- remove: cookie", rule: "strip", at: "- name: llmroute.headers"},
	{name: "a client's address at a door", base: "minimal", in: adaptName, old: "prefix: x-forwarded-", new: "prefix: x-forwarded-f", rule: "strip", at: "- name: llmroute.headers"},
	{name: "another team's key", base: "providers", in: "    - name: anthropic\n      type", drop: "- remove: x-team-key", rule: "strip", at: "- name: llmroute.headers"},
	{name: "a key that is taken away", base: "providers", in: "    - name: anthropic\n      type", old: "            - name: envoy.filters.http.upstream_codec", new: "            - {name: late, typed_config: {\"@type\": type.googleapis.com/envoy.extensions.filters.http.header_mutation.v3.HeaderMutation, mutations: {request_mutations: [{remove: x-api-key}]}}}\n            - name: envoy.filters.http.upstream_codec", rule: "strip-order", at: "{name: late"},
	{name: "no key", base: "providers", in: "    - name: anthropic\n      type", drop: "- name: llmroute.credential", rule: "credential", at: "- name: llmroute.headers"},
	{name: "a key that does not win", base: "providers", in: "    - name: anthropic\n      type", old: "overwrite: true", new: "overwrite: false", rule: "credential", at: "overwrite: false"},
	{name: "no signature", base: "cloud", in: "    - name: bedrock.adapt\n", drop: "- name: llmroute.sign", rule: "credential", at: "http_filters"},
	{name: "a token that is not fetched", base: "cloud", in: "    - name: entra\n      type", drop: "- name: llmroute.credential", rule: "credential", at: "- name: llmroute.headers"},
}

// base returns a configuration of llmroute and an Envoy's that fits it.
func base(t *testing.T, name string) (*config.Config, string) {
	t.Helper()
	switch name {
	case "attached":
		c := load(t, "../testdata/minimal.yaml", environment)
		return c, string(merged(t, c, ingress, "*/v1/=default"))
	case "claims":
		c := load(t, "../testdata/minimal.yaml", environment)
		c.Identity.Team.JWTClaim = "team"
		return c, string(generated(t, c, envoy.Options{}))
	case "less": // than Envoy has
		c := load(t, "../testdata/providers.yaml", environment)
		text := string(generated(t, c, envoy.Options{}))
		c.Providers = slices.DeleteFunc(slices.Clone(c.Providers), func(e config.Entry[config.Provider]) bool { return e.Name == "own-ca" })
		return c, text
	}
	c := load(t, "../testdata/"+name+".yaml", environment)
	return c, string(generated(t, c, envoy.Options{}))
}

func TestEachWayToBreakItIsFoundWhereItIs(t *testing.T) {
	for _, b := range breakings {
		t.Run(b.name, func(t *testing.T) {
			c, text := base(t, b.base)
			text = broken(t, text, b)
			start := strings.Index(text, b.in)
			at := strings.Index(text[start:], b.at)
			if at < 0 {
				t.Fatalf("%q is not there", b.at)
			}
			line := 1 + strings.Count(text[:start+at], "\n")
			found := look(t, []byte(text), c, "")
			if len(found) != 1 || found[0].Rule.Name != b.rule || found[0].Line != line {
				t.Errorf("want only %s in line %d: %q; got:", b.rule, line, strings.Split(text, "\n")[line-1])
				for _, f := range found {
					t.Errorf("%s: %q", f, strings.Split(text, "\n")[f.Line-1])
				}
			}
		})
	}
}

func TestEachRuleIsBrokenInATest(t *testing.T) {
	tested := map[string]bool{}
	for _, b := range breakings {
		tested[b.rule] = true
	}
	for _, rule := range liveRules() { // whose tests have an Envoy that runs
		tested[rule.Name] = true
	}
	seen := map[string]bool{}
	for _, rule := range Rules() {
		if !tested[rule.Name] {
			t.Errorf("%s is not", rule.Name)
		}
		if seen[rule.Name] || rule.Severity == "" || rule.Finds == "" || rule.Leads == "" || rule.Do == "" {
			t.Errorf("%s is there twice, or lacks something", rule.Name)
		}
		seen[rule.Name] = true
	}
}
