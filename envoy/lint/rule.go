package lint

import "slices"

// Rule is one thing that must hold.
type Rule struct {
	Name     string // stable
	Severity Severity
	Finds    string // what breaks it, for the table in the documentation
	Leads    string // what happens then
	Do       string // what to write

	find func(*check, sayer) // nil: found elsewhere
}

// sayer reports that a rule is broken at a place.
type sayer func(at *place, format string, args ...any)

// Rules are all rules, in the order of the documentation. The last few are for a running Envoy only.
func Rules() []Rule {
	return append(append([]Rule{syntaxRule()}, fileRules()...), liveRules()...)
}

// fileRules look at a configuration, wherever it is from.
func fileRules() []Rule {
	return slices.Concat(bootstrapRules(), filterRules(), stageRules(), routeRules(), logRules(), llmrouteRules(), providerRules(), doorRules(), upstreamRules())
}

func syntaxRule() Rule {
	return Rule{
		Name: "syntax", Severity: Fault,
		Finds: "text that is not YAML or JSON, or not a bootstrap of Envoy 1.40: an unknown field, a value of the wrong kind",
		Leads: "Envoy does not start with it", Do: "correct it; `envoy --mode validate` must take the file too",
	}
}

func bootstrapRules() []Rule {
	return []Rule{
		{
			Name: "internal-listener", Severity: Fault,
			Finds: "no bootstrap extension `envoy.bootstrap.internal_listener`",
			Leads: "Envoy refuses the adapting doors", Do: "add the extension to `bootstrap_extensions`",
			find: func(c *check, say sayer) {
				for _, e := range c.extensions {
					if _, name := unpack(e.GetTypedConfig()); baseName(name) == "InternalListener" {
						return
					}
				}
				say((*place)(nil).field("bootstrap_extensions"), "the bootstrap extension for internal listeners is missing")
			},
		},
		{
			Name: "node", Severity: Warning,
			Finds: "no `node` with `id` and `cluster`",
			Leads: "Envoy refuses secret files and gRPC access logs", Do: "add `node: {id: …, cluster: …}`, or start Envoy with --service-node and --service-cluster",
			find: func(c *check, say sayer) {
				if c.node.GetId() == "" || c.node.GetCluster() == "" {
					say((*place)(nil).field("node"), "the node lacks its id or its cluster")
				}
			},
		},
		{
			Name: "unseen", Severity: Warning,
			Finds: "listeners, clusters or routes come by xDS, or routes stand in a matcher",
			Leads: "what is wrong with them is not found here", Do: "check the Envoy that runs, by --admin",
			find: unseen,
		},
	}
}

func unseen(c *check, say sayer) {
	dynamic := (*place)(nil).field("dynamic_resources")
	if c.moreListeners {
		say(dynamic.field("lds_config"), "there are listeners which are not here")
	}
	if c.moreClusters {
		say(dynamic.field("cds_config"), "there are clusters which are not here")
	}
	for _, m := range c.managers {
		if m.stage(stageRoute) == nil || !m.hidden() {
			continue
		}
		at := m.routes.at
		if m.GetRds() != nil {
			at = m.at.field("rds")
		}
		say(at, "there are routes which are not here")
	}
}
